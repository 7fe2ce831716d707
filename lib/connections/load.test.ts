import { describe, expect, test } from "vitest";
import { checkConnections } from "./load.ts";

const environment = { clientSideId: "environment-1", secret: "launchdarkly" };
const engage = { source: "segment", secret: "engage", audiences: { to: ["production"] } };
const file = (connection: object = {}, production: object = {}) => ({
  launchdarkly: { production: { ...environment, ...production } },
  connections: { engage: { ...engage, ...connection } },
});

function problemsOf(value: unknown): readonly string[] {
  const checked = checkConnections(value);
  return checked.ok ? [] : checked.problems;
}

describe("connections that are right", () => {
  test("come with their defaults", () => {
    expect(checkConnections(file())).toEqual({
      ok: true,
      connections: {
        launchdarkly: { production: { ...environment, instance: "us" } },
        posthog: {},
        connections: {
          engage: {
            ...engage,
            audiences: {
              to: ["production"],
              writer: "synced",
              contextKind: "user",
              lenientBooleans: false,
              journeyStepMeansAdd: false,
            },
          },
        },
      },
    });
  });

  test("stay the same when they are checked again, as every function does", () => {
    const once = checkConnections(
      file(
        { lenientBooleans: true, header: "X-Api-Key" },
        { instance: { api: "https://a/", events: "https://b" } },
      ),
    );
    expect(once.ok && checkConnections(JSON.parse(JSON.stringify(once.connections)))).toEqual(once);
  });

  test.each(["lenientBooleans", "journeyStepMeansAdd"])("may say %s beside audiences or in it", (option) => {
    const beside = checkConnections(file({ [option]: true }));
    const inside = checkConnections(file({ audiences: { to: ["production"], [option]: true } }));
    expect(beside).toEqual(inside);
    expect(beside).toMatchObject({
      connections: { connections: { engage: { audiences: { [option]: true } } } },
    });
  });

  test("may list any contextKey where the sender chooses the names", () => {
    const segment = { id: "beta", name: "Beta" };
    const audiences = { to: ["production"], segment, contextKey: ["CRM_ID", "email"] };
    expect(problemsOf(file({ source: "rudderstack", audiences }))).toEqual([]);
  });

  test("may reach a LaunchDarkly of one's own through plain http on a loopback host", () => {
    expect(
      problemsOf(file({}, { instance: { api: "http://localhost:3000/x", events: "http://127.0.0.1:1" } })),
    ).toEqual([]);
  });
});

describe("a problem says where it is, what was expected and what to do", () => {
  test.each<[string, unknown, string]>([
    ["an empty file", null, "expected a mapping of names to values, it is empty"],
    ["a list", [], "expected a mapping of names to values, found a list"],
    [
      "no connections",
      { launchdarkly: {} },
      "connections: expected a mapping of names to values, it is missing",
    ],
    [
      "no connection",
      { connections: {} },
      "connections: expected at least one connection; connections.example.yml has some to start from",
    ],
    [
      "a misspelt section",
      { ...file(), launchDarkly: {} },
      'launchDarkly: no such option, did you mean "launchdarkly"? The options here are: launchdarkly, posthog, connections',
    ],
    [
      "a misspelt option",
      file({ secrt: "x" }),
      'connections.engage.secrt: no such option, did you mean "secret"? The options here are: source, secret, header, allowPartlySignedBatches, erasures, lenientBooleans, journeyStepMeansAdd, audiences, metrics, posthog, sweep',
    ],
    [
      "partly signed batches of a source that has none",
      file({ source: "flagbridge", allowPartlySignedBatches: false }),
      "connections.engage.allowPartlySignedBatches: expected no such option: no signature of source flagbridge covers a part of a batch; remove it",
    ],
    [
      "a misspelt option of audiences",
      file({ audiences: { to: ["production"], contextkind: "x" } }),
      'connections.engage.audiences.contextkind: no such option, did you mean "contextKind"? The options here are: to, writer, integration, provisioned, contextKind, contextKey, segment, only, except, rename, byAudience, lenientBooleans, journeyStepMeansAdd',
    ],
    [
      "a source that is not",
      file({ source: "segmnt" }),
      'connections.engage.source: expected "segment" or "rudderstack" or "tealium" or "zeotap" or "amplitude" or "mixpanel" or "mparticle" or "posthog" or "launchdarkly" or "flagbridge", found "segmnt": did you mean "segment"?',
    ],
    [
      "a number for a text",
      file({}, { clientSideId: 61 }),
      "launchdarkly.production.clientSideId: expected a text, found a number (put a text that looks like one in quotes)",
    ],
    ...["61a#1", "61a 1", " 61a", "61a\n", "61a/1", "61a?b", "..", "6ä1"].map(
      (clientSideId): [string, unknown, string] => [
        `a client-side ID that is none: ${JSON.stringify(clientSideId)}`,
        file({}, { clientSideId }),
        "launchdarkly.production.clientSideId: expected the client-side ID alone: letters and digits, as LaunchDarkly shows it in the environment's settings",
      ],
    ),
    [
      "a missing secret",
      { ...file(), launchdarkly: { production: { clientSideId: "x" } } },
      "launchdarkly.production.secret: expected a text, it is missing",
    ],
    [
      "no environment",
      file({ audiences: { to: [] } }),
      'connections.engage: expected audiences or metrics, with an environment of launchdarkly in its "to"',
    ],
    [
      "a text for a list",
      file({ audiences: { to: "production" } }),
      "connections.engage.audiences.to: expected a list, found another text",
    ],
    [
      "an unknown environment",
      file({ audiences: { to: ["staging"] } }),
      'connections.engage.audiences.to[0]: expected an environment of launchdarkly ("production"), found "staging": correct it or add it there',
    ],
    [
      "an environment twice",
      file({ audiences: { to: ["production", "production"] } }),
      'connections.engage.audiences.to[1]: expected every environment once, "production" is there already: remove one',
    ],
    [
      "an environment where no section is",
      { connections: { engage } },
      'connections.engage.audiences.to[0]: expected an environment of launchdarkly (none is there), found "production": correct it or add it there',
    ],
    [
      "synced on eu",
      file({}, { instance: "eu" }),
      'connections.engage.audiences.to[0]: expected an environment of the us instance or of a custom one, or writer: big or list: "production" is on eu, and LaunchDarkly has no synced segments there unless it has provisioned the integration for you: then add provisioned: true, and let npx flagbridge doctor --write prove it',
    ],
    [
      "synced on federal",
      file({}, { instance: "federal" }),
      'connections.engage.audiences.to[0]: expected an environment of the us instance or of a custom one, or writer: big or list: "production" is on federal, and LaunchDarkly has no synced segments there unless it has provisioned the integration for you: then add provisioned: true, and let npx flagbridge doctor --write prove it',
    ],
    [
      "an instance that is not",
      file({}, { instance: "mars" }),
      "launchdarkly.production.instance: expected us, eu, federal, or the base URLs of another instance: { api: https://…, events: https://… }",
    ],
    [
      "half a custom instance",
      file({}, { instance: { api: "https://x" } }),
      "launchdarkly.production.instance.events: expected a text, it is missing",
    ],
    [
      "a token in clear",
      file({}, { instance: { api: "http://example.com", events: "https://x" } }),
      "launchdarkly.production.instance.api: expected https (http only for a loopback host: the token would travel in clear)",
    ],
    [
      "a contextKey the source does not have",
      file({ audiences: { to: ["production"], contextKey: ["userId", "phone"] } }),
      "connections.engage.audiences.contextKey[1]: expected one of userId, email, anonymousId, or a path that starts with traits., properties., context., which source segment has",
    ],
    [
      "a contextKey twice",
      file({ audiences: { to: ["production"], contextKey: ["email", "email"] } }),
      "connections.engage.audiences.contextKey[1]: expected every name once, email is there already",
    ],
    [
      "a contextKey where requests name it",
      file({ source: "flagbridge", audiences: { to: ["production"], contextKey: ["userId"] } }),
      "connections.engage.audiences.contextKey[0]: expected no contextKey: requests of source flagbridge name the key themselves; remove the option",
    ],
    [
      "an integration that is not",
      file({ audiences: { to: ["production"], integration: "segment" } }),
      'connections.engage.audiences.integration: expected "segment-audiences" or "amplitude" or "census-synced-segments" or "fulcrum" or "heap-inbound" or "hightouch" or "rudderstack" or "sumatra-synced-segments" or "tealium-synced-segments" or "zeotap", found "segment"',
    ],
    [
      "an integration that has no place for the context kind",
      file({ audiences: { to: ["production"], integration: "zeotap", contextKind: "device" } }),
      'connections.engage.audiences.integration: expected contextKind user, or an integration whose body has a context kind: through "zeotap" LaunchDarkly files every member under "user"',
    ],
    [
      "a segment where requests name theirs",
      file({ audiences: { to: ["production"], segment: { id: "beta", name: "Beta" } } }),
      "connections.engage.audiences.segment: expected no segment: requests of source segment name their own; remove the option",
    ],
    [
      "no segment where requests name none",
      file({ source: "rudderstack" }),
      "connections.engage.audiences.segment: it is missing: requests of source rudderstack name no segment, so the connection does: { id: …, name: … }",
    ],
    [
      "metrics of a source without events",
      file({ source: "zeotap", metrics: { to: ["production"] } }),
      "connections.engage.metrics: expected no metrics: requests of source zeotap hold no events; remove them",
    ],
    [
      "metrics for an environment that is not there",
      file({ metrics: { to: ["staging"] } }),
      'connections.engage.metrics.to[0]: expected an environment of launchdarkly ("production"), found "staging": correct it or add it there',
    ],
    [
      "a way to read calls where events come as they are",
      file({ source: "flagbridge", metrics: { to: ["production"], value: "price" } }),
      "connections.engage.metrics.value: expected no such option: events of source flagbridge say it themselves; remove it",
    ],
    [
      "context keys of a reserved kind",
      file({ metrics: { to: ["production"], contextKeys: { multi: "userId" } } }),
      "connections.engage.metrics.contextKeys.multi: this name does not do: expected a kind other than 'kind' and 'multi', which LaunchDarkly reserves",
    ],
    [
      "the import route without the keys in its URL",
      file({ metrics: { to: ["production"], route: "import" } }),
      "connections.engage.metrics.to[0]: expected an environment with project and environment keys, which route: import needs: add them to launchdarkly.production",
    ],
    [
      "the older schema by the import route",
      file(
        { metrics: { to: ["production"], route: "import", eventSchema: 3 } },
        { project: "web", environment: "test" },
      ),
      "connections.engage.metrics.eventSchema: expected 4, or route: client-side: the import route takes no other schema",
    ],
    [
      "alias events by the import route",
      file(
        { metrics: { to: ["production"], route: "import", alias: true } },
        { project: "web", environment: "test" },
      ),
      "connections.engage.metrics.alias: expected false, or route: client-side: the import route takes custom events only",
    ],
    [
      "a reserved context kind",
      file({ audiences: { to: ["production"], contextKind: "multi" } }),
      "connections.engage.audiences.contextKind: expected a kind other than 'kind' and 'multi', which LaunchDarkly reserves",
    ],
    [
      "two answers to one question",
      file({ lenientBooleans: true, audiences: { to: ["production"], lenientBooleans: false } }),
      "connections.engage.lenientBooleans: expected the same as audiences.lenientBooleans: remove one of the two",
    ],
    [
      "a secret of a LaunchDarkly environment",
      file({ secret: "launchdarkly" }),
      'connections.engage.secret: expected a secret of its own, "launchdarkly" is that of launchdarkly.production: name another and create it',
    ],
    [
      "a header that is none",
      file({ header: "x key" }),
      "connections.engage.header: expected the name of a header: letters, digits and '-'",
    ],
    [
      "a name for no URL",
      { ...file(), connections: { engage, "a b": { ...engage, secret: "other" } } },
      "connections[\"a b\"]: this name does not do: expected letters, digits, '_', '.' or '-', at most 63, starting with a letter or digit",
    ],
  ])("%s", (_name, value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  test.each(["eu.production", "staging-dead-letters"])(
    "a destination named %s, by which no queue can be named",
    (name) => {
      const launchdarkly = { [name]: environment };
      const connections = { engage: { ...engage, audiences: { to: [name] } } };
      expect(problemsOf({ launchdarkly, connections })).toEqual([
        expect.stringMatching(/this name does not do: expected .* its queues are named by it$/),
      ]);
    },
  );

  test("two connections with one secret", () => {
    expect(problemsOf({ ...file(), connections: { engage, other: engage } })).toEqual([
      'connections.other.secret: expected a secret of its own, "engage" is that of connections.engage: name another and create it',
    ]);
  });

  test("one environment under two names, which would have two writers", () => {
    expect(problemsOf({ ...file(), launchdarkly: { production: environment, again: environment } })).toEqual([
      'launchdarkly.again.clientSideId: expected an environment that is not in the list yet, this one is "production": use that name',
    ]);
  });
});

describe("one fault is one message:", () => {
  const production = { ...environment, project: "web", environment: "test" };
  const several = {
    engage: { ...engage, metrics: { to: ["production"] } },
    other: { ...engage, secret: "other" },
  };
  const changes = { source: "launchdarkly", secret: "changes", posthog: { to: ["main"] } };
  const project = { host: "https://eu.i.posthog.com", secret: "posthog-main" };

  test.each<[string, unknown, RegExp]>([
    [
      "a misspelt section that others refer to",
      { launchdarly: { production }, connections: several },
      /^launchdarly: no such option, did you mean "launchdarkly"\?/,
    ],
    [
      "a misspelt option that is needed",
      {
        launchdarkly: { production },
        connections: { engage: { source: "segment", secrt: "engage", audiences: { to: ["production"] } } },
      },
      /^connections\.engage\.secrt: no such option, did you mean "secret"\?/,
    ],
    [
      "a section that is a list",
      { launchdarkly: [], connections: several },
      /^launchdarkly: expected a mapping of names to values, found a list/,
    ],
    [
      "a section without anything in it",
      { launchdarkly: null, connections: several },
      /^launchdarkly: expected a mapping of names to values, it is empty/,
    ],
    [
      "no connections",
      { launchdarkly: { production }, connections: null },
      /^connections: expected a mapping of names to values, it is empty/,
    ],
    [
      "an environment that several name",
      { launchdarkly: { prod: production }, connections: several },
      /found "production": correct it or add it there \(it is named in connections\.engage\.metrics\.to\[0\], connections\.other\.audiences\.to\[0\] too\)$/,
    ],
    [
      "a source that is misspelt, whatever it would need",
      { posthog: { main: project }, connections: { changes: { ...changes, source: "launchdarky" } } },
      /found "launchdarky": did you mean "launchdarkly"\?$/,
    ],
    [
      "audiences of a source of flag changes",
      {
        launchdarkly: { production },
        posthog: { main: project },
        connections: { changes: { ...changes, audiences: { to: ["production"] } } },
      },
      /^connections\.changes\.audiences: expected no audiences/,
    ],
    [
      "a URL that is none",
      file({}, { instance: { api: "x y", events: "https://x" } }),
      /instance\.api: expected a URL, for example/,
    ],
    [
      "a number where a text or a list may be",
      file({ metrics: { to: ["production"], contextKeys: { user: 7 } } }),
      /contextKeys\.user: expected a text or a list, found a number/,
    ],
    [
      "an event schema that is not",
      file({ metrics: { to: ["production"], eventSchema: 5 } }),
      /eventSchema: expected 3 or 4, found a number/,
    ],
  ])("%s", (_name, value, problem) => {
    expect(problemsOf(value)).toEqual([expect.stringMatching(problem)]);
  });
});

test("all problems are told at once, those of references too when something else is misshapen", () => {
  expect(
    problemsOf({
      launchdarkly: { production: { clientSideId: "x" } },
      connections: {
        engage: { ...engage, audiences: { to: ["staging"], contextKey: ["phone"] } },
        broken: { source: "segment" },
      },
    }),
  ).toEqual([
    "launchdarkly.production.secret: expected a text, it is missing",
    "connections.broken.secret: expected a text, it is missing",
    'connections.broken: expected audiences or metrics, with an environment of launchdarkly in its "to"',
    'connections.engage.audiences.to[0]: expected an environment of launchdarkly ("production"), found "staging": correct it or add it there',
    "connections.engage.audiences.contextKey[0]: expected one of userId, email, anonymousId, or a path that starts with traits., properties., context., which source segment has",
  ]);
});
