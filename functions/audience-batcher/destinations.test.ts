import { describe, expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import type { HttpRequest } from "../../lib/http/session.ts";
import { routeTo } from "./destinations.ts";

const INSTANCES = {
  us: { instance: "us", api: "https://app.launchdarkly.com" },
  eu: { instance: "eu", api: "https://app.eu.launchdarkly.com" },
  federal: { instance: "federal", api: "https://app.launchdarkly.us" },
  custom: {
    instance: { api: "https://ld.example.com/x/", events: "https://e.example.com" },
    api: "https://ld.example.com/x",
  },
} as const;

/** The routes of a connection to an environment, and the first request of each. */
async function routed(instance: keyof typeof INSTANCES, writer: string, id = "vip") {
  const checked = checkConnections({
    launchdarkly: {
      production: {
        clientSideId: "client-side-id",
        secret: "launchdarkly",
        instance: INSTANCES[instance].instance,
        project: "my project",
        environment: "test",
      },
    },
    connections: {
      engage: { source: "segment", secret: "engage", audiences: { to: ["production"], writer } },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { connections } = checked;
  const sent: HttpRequest[] = [];
  const { routeOf } = routeTo("production", connections, {
    http: {
      send: async (request) => {
        sent.push(request);
        return { kind: "answered", status: 429, headers: {}, body: "" };
      },
    },
    now: () => 0,
    accessToken: async (secret) => `token of ${secret}`,
    limits: noLimits(),
    timeoutMs: 1_000,
    userAgent: "Flagbridge/test",
    noteProblem: () => undefined,
  });
  const connection = connections.connections.engage;
  const route = connection && routeOf(connection);
  if (!route) throw new Error("the connection has no route");
  const members = [{ contextKey: "ana", action: "add" as const }];
  const ready = await route.writer.ready({ segment: { id, name: "VIP" }, contextKind: "user", members });
  if (ready.kind === "ready") await ready.send();
  return { route, line: `${sent[0]?.method} ${sent[0]?.url}`, token: sent[0]?.headers.authorization };
}

describe("the route of a connection to an environment", () => {
  test.each<[keyof typeof INSTANCES, string, string]>([
    ["us", "synced", "POST /api/v2/segment-targets/segment-audiences"],
    ["custom", "synced", "POST /api/v2/segment-targets/segment-audiences"],
    ...(["us", "eu", "federal", "custom"] as const).flatMap((instance) => [
      [instance, "big", "GET /api/v2/segments/my%20project/test/vip"] as [typeof instance, string, string],
      [instance, "list", "PATCH /api/v2/segments/my%20project/test/vip"] as [typeof instance, string, string],
    ]),
  ])("on %s writes %s to that instance with its token", async (instance, writer, expected) => {
    const { line, token } = await routed(instance, writer);
    expect(line).toBe(expected.replace(" ", ` ${INSTANCES[instance].api}`));
    expect(token).toBe("token of launchdarkly");
  });

  test.each([
    ["synced", "synced/segment-audiences/big spenders"],
    ["big", "big/big-spenders-5e490283"],
    ["list", "list/big-spenders-5e490283"],
  ])("keeps the ledger of %s apart, by what is one segment to LaunchDarkly", async (writer, name) => {
    const { route } = await routed("us", writer, "big spenders");
    expect(route.environmentId).toBe("client-side-id");
    expect(route.segmentOf("big spenders")).toBe(name);
  });
});
