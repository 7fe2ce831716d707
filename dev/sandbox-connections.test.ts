import { expect, test } from "vitest";
import { type Connections, connectionsFile } from "../lib/connections/schema.ts";
import { accessTokens, clientSideIds, withOwnSandbox } from "./sandbox-connections.ts";

function connectionsOf(instances: Readonly<Record<string, unknown>>): Connections {
  return connectionsFile.parse({
    launchdarkly: Object.fromEntries(
      Object.entries(instances).map(([name, instance]) => [
        name,
        { clientSideId: `id-${name}`, instance, secret: `secret-${name}` },
      ]),
    ),
    connections: {},
  });
}

test.each([
  ["http://localhost:3000/sandbox/launchdarkly", "http://127.0.0.1:4000/sandbox/launchdarkly"],
  ["http://127.0.0.1/sandbox/launchdarkly", "http://127.0.0.1:4000/sandbox/launchdarkly"],
  ["http://[::1]:9/sandbox/x/y", "http://127.0.0.1:4000/sandbox/x/y"],
  ["http://localhost:3000/recorder", "http://localhost:3000/recorder"],
  ["http://localhost:3000", "http://localhost:3000"],
  ["https://example.com/sandbox/launchdarkly", "https://example.com/sandbox/launchdarkly"],
])("the URL %s is used as %s by a stack on port 4000", (url, used) => {
  const { launchdarkly } = withOwnSandbox(connectionsOf({ production: { api: url, events: url } }), 4000);

  expect(launchdarkly.production?.instance).toEqual({ api: used, events: used });
});

test("a PostHog project at the sandbox is this stack's own, and any other stays what it is", () => {
  const { posthog } = withOwnSandbox(
    connectionsFile.parse({
      posthog: {
        main: { host: "http://localhost:3000/sandbox/posthog", secret: "a" },
        real: { host: "https://eu.i.posthog.com", secret: "b" },
      },
      connections: {},
    }),
    4000,
  );

  expect(posthog.main?.host).toBe("http://127.0.0.1:4000/sandbox/posthog");
  expect(posthog.real?.host).toBe("https://eu.i.posthog.com");
});

test("a hosted LaunchDarkly stays what it is", () => {
  const { launchdarkly } = withOwnSandbox(connectionsOf({ eu: "eu" }), 4000);

  expect(launchdarkly.eu?.instance).toBe("eu");
});

test("the sandbox knows the client-side IDs and access tokens of every environment", () => {
  const connections = connectionsOf({ a: "us", b: "eu", c: "us" });
  const secrets = { "secret-a": { accessToken: "t-a" }, "secret-b": { accessToken: "t-b" }, "secret-c": {} };

  expect(clientSideIds(connections)).toEqual(new Set(["id-a", "id-b", "id-c"]));
  expect(accessTokens(connections, secrets)).toEqual(new Set(["t-a", "t-b"]));
});
