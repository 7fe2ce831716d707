import { createServer, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { listenOnLoopback } from "../listen.ts";
import { type EventStore, openEventStore } from "./event-store.ts";
import { eventRoutes } from "./events.ts";
import { createFaults, type Faults } from "./faults.ts";
import { sandboxServer } from "./route.ts";

let server: Server | undefined;
let store: EventStore;
let faults: Faults;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  store.close();
});

async function sandbox(): Promise<string> {
  store = openEventStore();
  faults = createFaults();
  const routes = eventRoutes({
    accessTokens: () => new Set(["token"]),
    clientSideIds: new Set(["env"]),
    environmentOf: (project, environment) =>
      project === "web" && environment === "test" ? "env" : undefined,
    events: store,
    faults,
  });
  server = createServer(sandboxServer(routes));
  return `http://127.0.0.1:${await listenOnLoopback(server, 0)}/sandbox/launchdarkly`;
}

const event = {
  kind: "custom",
  key: "bought",
  contextKeys: { user: "ana" },
  creationDate: 1,
  metricValue: 2,
  data: {},
};
const imported = {
  "content-type": "application/json",
  authorization: "token",
  "x-launchdarkly-event-schema": "4",
  "user-agent": "MetricImport-Flagbridge-int/1",
};

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = { "content-type": "application/json" },
) {
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.status;
}

describe("the client-side door", () => {
  test("takes events and shows them with their environment", async () => {
    const base = await sandbox();
    expect(await post(`${base}/events/bulk/env`, [event])).toBe(202);
    expect(await (await fetch(`${base}/events`)).json()).toEqual({
      events: [{ ...event, environmentId: "env" }],
      received: 1,
      distinct: 1,
    });
  });

  test("takes compressed events", async () => {
    const base = await sandbox();
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const body = gzipSync(JSON.stringify([event]));
    expect((await fetch(`${base}/events/bulk/env`, { method: "POST", headers, body })).status).toBe(202);
  });

  test("counts a payload id once", async () => {
    const base = await sandbox();
    const headers = { "content-type": "application/json", "x-launchdarkly-payload-id": "p1" };
    await post(`${base}/events/bulk/env`, [event], headers);
    await post(`${base}/events/bulk/env`, [event], headers);
    expect(store.list()).toMatchObject({ received: 2, distinct: 1 });
  });

  test.each<[string, unknown, string, number]>([
    ["another environment", [event], "/events/bulk/nope", 404],
    ["no list", event, "/events/bulk/env", 400],
    ["an empty list", [], "/events/bulk/env", 400],
    ["an event without context keys", [{ ...event, contextKeys: {} }], "/events/bulk/env", 400],
    ["a value that is no number", [{ ...event, metricValue: "2" }], "/events/bulk/env", 400],
    ["one bad event among good ones", [event, { ...event, creationDate: "now" }], "/events/bulk/env", 400],
  ])("refuses %s and takes nothing of it", async (_, body, path, status) => {
    const base = await sandbox();
    expect(await post(`${base}${path}`, body)).toBe(status);
    expect(store.list().received).toBe(0);
  });

  test("takes a user key instead of context keys in schema 3", async () => {
    const base = await sandbox();
    const { contextKeys: _, ...rest } = event;
    const headers = { "content-type": "application/json", "x-launchdarkly-event-schema": "3" };
    expect(await post(`${base}/events/bulk/env`, [{ ...rest, userKey: "ana" }], headers)).toBe(202);
    expect(await post(`${base}/events/bulk/env`, [event], headers)).toBe(400);
  });
});

describe("the import door", () => {
  test.each<[string, Record<string, string>, string, number]>([
    ["what is as documented", {}, "web/test", 202],
    ["another token", { authorization: "other" }, "web/test", 401],
    ["another project", {}, "app/test", 404],
    ["another schema", { "x-launchdarkly-event-schema": "3" }, "web/test", 406],
    ["another user agent", { "user-agent": "curl" }, "web/test", 400],
  ])("answers %s as LaunchDarkly does", async (_, headers, path, status) => {
    const base = await sandbox();
    expect(await post(`${base}/v2/event-data-import/${path}`, [event], { ...imported, ...headers })).toBe(
      status,
    );
  });

  test("takes custom events only", async () => {
    const base = await sandbox();
    const alias = {
      kind: "alias",
      key: "a",
      previousKey: "b",
      contextKind: "user",
      previousContextKind: "anonymousUser",
      creationDate: 1,
    };
    expect(await post(`${base}/v2/event-data-import/web/test`, [alias], imported)).toBe(400);
    expect(await post(`${base}/events/bulk/env`, [alias])).toBe(202);
  });
});

describe("a poisoned context key of the events' door", () => {
  test.each<[string, object, Record<string, string>]>([
    ["an event", { ...event, contextKeys: { device: "d1", user: "bad" } }, {}],
    [
      "an event with a user key",
      { kind: "custom", key: "bought", creationDate: 1, userKey: "bad" },
      { "x-launchdarkly-event-schema": "3" },
    ],
    [
      "an alias",
      {
        kind: "alias",
        key: "ana",
        previousKey: "bad",
        contextKind: "user",
        previousContextKind: "user",
        creationDate: 1,
      },
      {},
    ],
  ])("refuses a request with %s that has it, until it is taken back", async (_, bad, headers) => {
    const base = await sandbox();
    const send = () =>
      post(`${base}/events/bulk/env`, [bad], { "content-type": "application/json", ...headers });
    faults.add([{ fault: "poison", contextKey: "bad", on: "events" }]);

    expect([await send(), await send()]).toEqual([400, 400]);
    expect(store.list().received).toBe(0);
    expect(faults.isPoisoned("segments", "bad")).toBe(false);

    faults.clear();
    expect(await send()).toBe(202);
  });

  test("is one on the import route too, and leaves other events alone", async () => {
    const base = await sandbox();
    faults.add([{ fault: "poison", contextKey: "ana", on: "events" }]);
    const other = { ...event, contextKeys: { user: "bob" } };
    expect(await post(`${base}/v2/event-data-import/web/test`, [event, other], imported)).toBe(400);
    expect(await post(`${base}/v2/event-data-import/web/test`, [other], imported)).toBe(202);
  });

  test("without a door is a segment's or a person's, and no event's", async () => {
    const base = await sandbox();
    faults.add([{ fault: "poison", contextKey: "ana" }]);
    expect(await post(`${base}/events/bulk/env`, [event])).toBe(202);
    expect([faults.isPoisoned("segments", "ana"), faults.isPoisoned("posthog", "ana")]).toEqual([true, true]);
  });
});

test("a fault for the events' door leaves that of the segments alone", async () => {
  const base = await sandbox();
  faults.add([{ fault: "applied-then-status", status: 500, headers: {}, times: 1, on: "events" }]);
  expect(faults.draw("segments")).toBeUndefined();
  expect(await post(`${base}/events/bulk/env`, [event])).toBe(500);
  expect(store.list().received).toBe(1);
});
