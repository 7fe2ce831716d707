import { afterEach, describe, expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { type HttpSession, openHttpSession } from "../../lib/http/session.ts";
import { type ScriptedServer, scriptedServer } from "../../test/support/scripted-server.ts";
import { routeTo } from "./destinations.ts";

const nowMs = 1_800_000_000_000;
const reset = String(nowMs + 6_000);
const ofToken = { "x-ratelimit-auth-token-remaining": "0", "x-ratelimit-auth-token-reset": reset };
const ofRoute = { "x-ratelimit-route-remaining": "0", "x-ratelimit-reset": reset };

let server: ScriptedServer;
let session: HttpSession;
afterEach(() => {
  session.close();
  server.close();
});

/** The writers to two environments of one host, whose secrets hold the tokens given. */
async function writersTo(
  tokens: Record<string, string>,
  headers: Record<string, string>,
  writers: Record<string, string> = {},
) {
  server = await scriptedServer(() => ({ status: 429, headers }));
  session = openHttpSession();
  const environment = (name: string) => ({
    clientSideId: `id-${name}`,
    secret: `launchdarkly-${name}`,
    instance: { api: server.url, events: server.url },
    project: "web",
    environment: name,
  });
  const connection = (name: string) => ({
    source: "segment",
    secret: name,
    audiences: { to: [name], writer: writers[name] ?? "synced" },
  });
  const checked = checkConnections({
    launchdarkly: { production: environment("production"), test: environment("test") },
    connections: { production: connection("production"), test: connection("test") },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { connections } = checked;
  const limits = noLimits();
  const writerOf = (name: string) => {
    const held = connections.connections[name];
    const route =
      held &&
      routeTo(name, connections, {
        http: session,
        now: () => nowMs,
        accessToken: async (secret) => tokens[secret] ?? "none",
        limits,
        timeoutMs: 2_000,
        userAgent: "Flagbridge/test",
        noteProblem: () => undefined,
      }).routeOf(held);
    if (!route) throw new Error(`the connection ${name} has no route`);
    return route.writer;
  };
  const send = async (name: string) => {
    const members = [{ contextKey: "ana", action: "add" as const }];
    const change = { segment: { id: "vip", name: "VIP" }, contextKind: "user", members };
    const ready = await writerOf(name).ready(change);
    return ready.kind === "ready" ? ready.send() : ready;
  };
  return { writerOf, send, requests: () => server.received.length };
}

describe("environments of one host", () => {
  const limited = { kind: "limited", notBeforeMs: nowMs + 6_000 };
  const own = { "launchdarkly-production": "api-1", "launchdarkly-test": "api-2" };
  const shared = { "launchdarkly-production": "api-1", "launchdarkly-test": "api-1" };

  test("with tokens of their own do not wait for each other's", async () => {
    const { send, writerOf, requests } = await writersTo(own, ofToken);
    expect(await send("production")).toEqual(limited);
    expect(writerOf("production").closedUntilMs()).toBe(nowMs + 6_000);
    expect(writerOf("test").closedUntilMs()).toBeUndefined();
    await send("test");
    expect(requests()).toBe(2);
  });

  test("with one token in two secrets share its limit, and send nothing that would be refused", async () => {
    const { send, writerOf, requests } = await writersTo(shared, ofToken);
    await send("production");
    expect(await send("test")).toEqual(limited);
    expect(writerOf("test").closedUntilMs()).toBe(nowMs + 6_000);
    expect(requests()).toBe(1);
  });

  test("share the limits of a route, whatever their tokens", async () => {
    const { send, writerOf, requests } = await writersTo(own, ofRoute);
    await send("production");
    expect(writerOf("test").closedUntilMs()).toBe(nowMs + 6_000);
    expect(await send("test")).toEqual(limited);
    expect(requests()).toBe(1);
  });

  test("do not share it where they use other routes", async () => {
    const { send, writerOf } = await writersTo(own, ofRoute, { test: "list" });
    await send("production");
    expect(writerOf("test").closedUntilMs()).toBeUndefined();
  });

  test("whose token is replaced go on with the new one", async () => {
    const tokens = { ...own };
    const { send, requests } = await writersTo(tokens, ofToken);
    await send("production");
    tokens["launchdarkly-production"] = "api-3";
    await send("production");
    expect(requests()).toBe(2);
  });
});
