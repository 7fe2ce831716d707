import { describe, expect, test } from "vitest";
import { checkConnections } from "./load.ts";

function problemsOf(audiences: object, source = "segment"): readonly string[] {
  const checked = checkConnections({
    launchdarkly: {
      production: { clientSideId: "one", secret: "launchdarkly" },
      staging: { clientSideId: "two", secret: "launchdarkly" },
    },
    connections: {
      engage: { source, secret: "engage", audiences: { to: ["production", "staging"], ...audiences } },
    },
  });
  return checked.ok
    ? []
    : checked.problems.map((problem) => problem.replace("connections.engage.audiences.", ""));
}

describe("rules that fit together", () => {
  test.each<[string, object, string?]>([
    ["each alone", { only: ["a"] }],
    [
      "several of one audience",
      { only: ["a"], rename: { a: { id: "x" } }, byAudience: { a: { to: ["staging"] } } },
    ],
    [
      "two audiences in one segment, each in its environment",
      {
        rename: { a: { id: "x" }, b: { id: "x" } },
        byAudience: { a: { to: ["production"] }, b: { to: ["staging"] } },
      },
    ],
    ["two audiences that change ids", { rename: { a: { id: "b" }, b: { id: "a" } } }],
    [
      "the connection's own segment",
      { segment: { id: "a", name: "A" }, byAudience: { a: { to: ["staging"] } } },
      "rudderstack",
    ],
    ["a path of Amplitude", { byAudience: { a: { contextKey: ["user_properties.crm"] } } }, "amplitude"],
  ])("are accepted: %s", (_name, audiences, source) => {
    expect(problemsOf(audiences, source)).toEqual([]);
  });
});

const RENAMED_TWICE =
  " too, and who leaves one of the two would leave both; choose another, or keep their environments apart in byAudience";

describe("a rule that can match nothing or contradicts another is named", () => {
  test.each<[string, object, readonly string[], string?]>([
    [
      "an id in only and in except",
      { only: ["a", "b"], except: ["a"] },
      ['except[0]: expected an id that only does not list: "a" is in both; remove it from one'],
    ],
    [
      "an id in except that only leaves out",
      { only: ["a"], except: ["c"] },
      [
        'except[0]: expected no id beside only, which leaves out "c" already: this rule can match nothing; remove it',
      ],
    ],
    [
      "an id twice",
      { only: ["a", "a"] },
      ['only[1]: expected every one once, "a" is there already: remove one'],
    ],
    [
      "a renamed audience that only leaves out",
      { only: ["a"], rename: { b: { id: "x" } } },
      ["rename.b: expected an audience that is sent, only does not list it: this rule can match nothing"],
    ],
    [
      "an audience that except leaves out",
      { except: ["b"], byAudience: { b: { to: ["staging"] } } },
      ["byAudience.b: expected an audience that is sent, except leaves it out: this rule can match nothing"],
    ],
    [
      "an audience by the id that it is renamed to",
      { only: ["a"], rename: { a: { id: "x" } }, byAudience: { x: { contextKind: "account" } } },
      [
        'byAudience.x: expected an audience that is sent, only does not list it: this rule can match nothing. Rules name an audience by the id that its source sends: "a"',
      ],
    ],
    [
      "two audiences in one segment",
      { rename: { a: { id: "x" }, b: { id: "x", name: "X" } } },
      [`rename.b.id: expected an id of its own: the audience "a" fills the segment "x"${RENAMED_TWICE}`],
    ],
    [
      "an audience in the segment of another that is not renamed",
      { only: ["a", "b"], rename: { a: { id: "b" } } },
      [`rename.a.id: expected an id of its own: the audience "b" fills the segment "b"${RENAMED_TWICE}`],
    ],
    [
      "an environment that the connection does not send to",
      { to: ["production"], byAudience: { a: { to: ["staging"] } } },
      [
        'byAudience.a.to[0]: expected an environment of audiences.to (production), found "staging": add it there',
      ],
    ],
    [
      "an environment twice",
      { byAudience: { a: { to: ["staging", "staging"] } } },
      ['byAudience.a.to[1]: expected every one once, "staging" is there already: remove one'],
    ],
    [
      "no environment",
      { byAudience: { a: { to: [] } } },
      ["byAudience.a.to: expected at least one environment of to; except leaves an audience out"],
    ],
    [
      "a rule without content",
      { byAudience: { a: {} } },
      ["byAudience.a: expected to, contextKind or contextKey"],
    ],
    ["a rename to nothing", { rename: { a: {} } }, ["rename.a: expected id, name or both"]],
    [
      "a context key that the source does not have",
      { byAudience: { a: { contextKey: ["userId", "crm.id"] } } },
      [
        "byAudience.a.contextKey[1]: expected one of userId, email, anonymousId, or a path that starts with traits., properties., context., which source segment has",
      ],
    ],
    [
      "a context key where requests name it",
      { byAudience: { a: { contextKey: ["userId"] } } },
      [
        "byAudience.a.contextKey[0]: expected no contextKey: requests of source flagbridge name the key themselves; remove the option",
      ],
      "flagbridge",
    ],
    [
      "a context kind that the integration has no place for",
      { byAudience: { a: { contextKind: "account" } } },
      [
        'byAudience.a.contextKind: expected contextKind user, or an integration whose body has a context kind: through "zeotap" LaunchDarkly files every member under "user"',
      ],
      "zeotap",
    ],
    [
      "a rule for another segment than the connection's own",
      { segment: { id: "beta", name: "Beta" }, only: ["gamma"] },
      [
        'only[0]: expected "beta", the connection\'s own segment, as requests of source rudderstack name none: this rule can match nothing',
      ],
      "rudderstack",
    ],
    [
      "an exception for the only segment",
      { segment: { id: "beta", name: "Beta" }, except: ["beta"] },
      ["except[0]: expected another id than that of segment: as it is, nothing is sent"],
      "rudderstack",
    ],
    [
      "a rename of the connection's own segment",
      { segment: { id: "beta", name: "Beta" }, rename: { beta: { id: "x" } } },
      ["rename.beta: expected no rename of the connection's own segment: change segment"],
      "rudderstack",
    ],
    [
      "an id that no request can have",
      { only: ["x".repeat(1_025)] },
      ["only[0]: expected at most 1,024 bytes"],
    ],
  ])("%s", (_name, audiences, problems, source) => {
    expect(problemsOf(audiences, source)).toEqual(problems);
  });

  test("rules of a connection whose audiences go nowhere", () => {
    const checked = checkConnections({
      launchdarkly: { production: { clientSideId: "one", secret: "launchdarkly" } },
      connections: {
        engage: {
          source: "segment",
          secret: "engage",
          audiences: { to: [], only: ["a"] },
          metrics: { to: ["production"] },
        },
      },
    });
    expect(checked).toMatchObject({
      problems: [
        "connections.engage.audiences.only: expected an environment in to: as it is, this rule can match nothing",
      ],
    });
  });
});
