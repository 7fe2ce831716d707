import { describe, expect, test } from "vitest";
import { checkConnections } from "./load.ts";

const KEYS = { project: "web", environment: "test" };

function problemsOf(audiences: object, production: object = KEYS, source = "segment"): readonly string[] {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment-1", secret: "launchdarkly", ...production } },
    connections: { engage: { source, secret: "engage", audiences: { to: ["production"], ...audiences } } },
  });
  return checked.ok ? [] : checked.problems;
}

describe("the writers that an environment can have", () => {
  const custom = { api: "https://ld.example.com", events: "https://events.example.com" };

  test.each(
    [undefined, "us", "eu", "federal", custom].flatMap((instance) =>
      ["synced", "big", "list"].map((writer) => ({ instance, writer })),
    ),
  )("are all of them, but synced on eu and federal ($instance, $writer)", ({ instance, writer }) => {
    const problems = problemsOf({ writer }, { ...KEYS, ...(instance && { instance }) });
    const isMissing = writer === "synced" && (instance === "eu" || instance === "federal");
    expect(problems).toEqual(isMissing ? [expect.stringContaining(`is on ${instance}`)] : []);
  });

  test.each(["big", "list"])("for %s need the keys that are in LaunchDarkly's URLs", (writer) => {
    const problem = `connections.engage.audiences.to[0]: expected an environment with project and environment keys, which writer: ${writer} needs: add them to launchdarkly.production`;
    expect(problemsOf({ writer }, {})).toEqual([problem]);
    expect(problemsOf({ writer }, { project: "web" })).toEqual([problem]);
  });
});

describe("provisioned", () => {
  test.each(["eu", "federal"])("allows synced segments on the %s instance", (instance) => {
    expect(problemsOf({ provisioned: true }, { ...KEYS, instance })).toEqual([]);
    expect(problemsOf({ provisioned: false }, { ...KEYS, instance })).toHaveLength(1);
  });

  test.each([
    ["with an environment of the us instance only", {}, {}],
    ["with a writer that needs no integration", { writer: "big" }, { instance: "eu" }],
  ])("is named %s, where it means nothing", (_case, audiences, production) => {
    expect(problemsOf({ provisioned: true, ...audiences }, { ...KEYS, ...production })).toEqual([
      expect.stringMatching(/^connections\.engage\.audiences\.provisioned: .*remove it$/),
    ]);
  });

  test("is a boolean", () => {
    expect(problemsOf({ provisioned: "yes" }, { ...KEYS, instance: "eu" })).toEqual([
      "connections.engage.audiences.provisioned: expected true or false, found another text",
    ]);
  });
});

describe("the options of the writers", () => {
  test.each(["big", "list"])("have no integration for %s", (writer) => {
    expect(problemsOf({ writer, integration: "segment-audiences" })).toEqual([
      `connections.engage.audiences.integration: expected no integration with writer: ${writer}, whose segments belong to none; remove it, or set writer: synced`,
    ]);
  });

  test.each(["big", "list"])(
    "have any context kind for %s, whatever the source's own integration",
    (writer) => {
      expect(problemsOf({ writer, contextKind: "device" }, KEYS, "tealium")).toEqual([]);
      expect(problemsOf({ contextKind: "device" }, KEYS, "tealium")).toHaveLength(1);
    },
  );

  test("have names that are told", () => {
    expect(problemsOf({ writer: "large" })).toEqual([
      'connections.engage.audiences.writer: expected "synced" or "big" or "list", found "large"',
    ]);
  });
});

describe("one environment of LaunchDarkly under two client-side IDs, which would have two writers", () => {
  const twoWith = (rest: object) => {
    const checked = checkConnections({
      launchdarkly: {
        production: { clientSideId: "one", secret: "launchdarkly", ...KEYS },
        again: { clientSideId: "two", secret: "launchdarkly", ...KEYS, ...rest },
      },
      connections: { engage: { source: "segment", secret: "engage", audiences: { to: ["production"] } } },
    });
    return checked.ok ? [] : checked.problems;
  };

  test("is refused", () => {
    expect(twoWith({})).toEqual([
      'launchdarkly.again.environment: expected keys of an environment that is not in the list yet, these are those of "production": correct the keys or the client-side ID',
    ]);
  });

  test("is refused with a secret of its own too, for that may be another token of the same account", () => {
    expect(twoWith({ secret: "other" })).toEqual([
      'launchdarkly.again.environment: expected keys of an environment that is not in the list yet, these are those of "production": correct the keys or the client-side ID. An environment of another account that has the same keys needs a stage of its own',
    ]);
  });

  test.each([{ environment: "staging" }, { project: "app" }, { instance: "eu" }])(
    "is another one with %j",
    (rest) => {
      expect(twoWith(rest)).toEqual([]);
    },
  );
});

describe("the context key of a PostHog connection", () => {
  test.each([
    "distinctId",
    "personId",
    "email",
    "person.properties.crm.id",
    "event.properties.$groups.company",
    "groups.company.id",
  ])("may be %s", (name) => {
    expect(problemsOf({ contextKey: [name] }, KEYS, "posthog")).toEqual([]);
  });

  test.each(["userId", "person", "person.", "person..id", "properties.id"])("is not %s", (name) => {
    expect(problemsOf({ contextKey: [name] }, KEYS, "posthog")).toEqual([
      "connections.engage.audiences.contextKey[0]: expected one of distinctId, personId, email, or a path that starts with event., person., groups., which source posthog has",
    ]);
  });
});
