import { describe, expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { laneTo } from "./destinations.ts";

const HOSTS = {
  us: "https://events.launchdarkly.com",
  eu: "https://events.eu.launchdarkly.com",
  federal: "https://events.launchdarkly.us",
} as const;

const PATHS = {
  "client-side": "/events/bulk/client-side-id",
  import: "/v2/event-data-import/web/test",
} as const;

/** Where an event of a connection goes, and what it proves itself with. */
async function sentTo(instance: keyof typeof HOSTS, route: keyof typeof PATHS) {
  const checked = checkConnections({
    launchdarkly: {
      test: {
        clientSideId: "client-side-id",
        secret: "launchdarkly",
        instance,
        project: "web",
        environment: "test",
      },
    },
    connections: { shop: { source: "segment", secret: "shop", metrics: { to: ["test"], route } } },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { connections } = checked;
  const sent: { readonly url: string; readonly token: string | undefined }[] = [];
  const { laneOf } = laneTo("test", connections, {
    http: {
      send: async ({ url, headers }) => {
        sent.push({ url, token: headers.authorization });
        return { kind: "answered", status: 202, headers: {}, body: "" };
      },
    },
    now: () => 0,
    accessToken: async (secret) => `token of ${secret}`,
    limits: noLimits(),
    timeoutMs: 1_000,
    version: "1.2.3",
  });
  const metrics = connections.connections.shop?.metrics;
  if (!metrics) throw new Error("the connection has no metrics");
  await laneOf(metrics)?.sender.send([{ id: "one", json: "{}" }]);
  return sent;
}

describe.each(["us", "eu", "federal"] as const)("metric events to an environment on %s", (instance) => {
  test("go by the client-side route to its events host, without a token", async () => {
    const url = `${HOSTS[instance]}${PATHS["client-side"]}`;
    expect(await sentTo(instance, "client-side")).toEqual([{ url, token: undefined }]);
  });

  test("go by the import route to its events host, with the token", async () => {
    const url = `${HOSTS[instance]}${PATHS.import}`;
    expect(await sentTo(instance, "import")).toEqual([{ url, token: "token of launchdarkly" }]);
  });
});
