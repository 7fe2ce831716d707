import { createServer, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listenOnLoopback } from "../listen.ts";
import { type AccountSettings, createAccountSettings } from "./account-settings.ts";
import { annotationRoutes } from "./annotations.ts";
import { createFaults, type Faults } from "./faults.ts";
import { posthogRoutes } from "./posthog.ts";
import { posthogProjectRoutes } from "./posthog-projects.ts";
import { openPosthogStore, type PosthogStore } from "./posthog-store.ts";
import { sandboxServer } from "./route.ts";

let server: Server;
let store: PosthogStore;
let faults: Faults;
let settings: AccountSettings;
let base: string;
const now = Date.parse("2026-05-03T12:00:00Z");

beforeEach(async () => {
  store = openPosthogStore();
  faults = createFaults();
  settings = createAccountSettings();
  const project = { name: "main", projectId: "1", projectApiKey: "phc_main", personalApiKey: "phx_main" };
  const other = { name: "other", projectId: "2", projectApiKey: "phc_other", personalApiKey: "phx_other" };
  const config = { projects: () => [project, other], store, faults, settings, now: () => now };
  const routes = [...posthogRoutes(config), ...annotationRoutes(config), ...posthogProjectRoutes(config)];
  server = createServer(sandboxServer([...routes, ...settings.routes]));
  base = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/sandbox/posthog`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  store.close();
});

const uuid = "0197a3c0-1111-5222-8333-444455556666";
const event = {
  event: "updateOn",
  distinct_id: "ana",
  uuid,
  timestamp: "2026-05-03T11:59:00Z",
  properties: { a: 1 },
};
const batch = (...events: unknown[]) => ({ api_key: "phc_main", batch: events });

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const answer = await fetch(`${base}${path}`, { method: "POST", headers, body: new Uint8Array(bytes) });
  return { status: answer.status, text: await answer.text() };
}

describe("capture", () => {
  test("takes a batch, and shows what it was sent", async () => {
    expect(await post("/batch/", batch(event))).toEqual({ status: 200, text: '{"status":"Ok"}\n' });
    expect(store.list()).toEqual({ events: [{ ...event, project: "main" }], received: 1, distinct: 1 });
    const shown = await fetch(`${base}/events`);
    expect(await shown.json()).toMatchObject({ received: 1, distinct: 1 });
  });

  test.each(["/batch", "/capture/", "/capture", "/i/v0/e/", "/e/"])(
    "has one handler at %s too",
    async (path) => {
      expect((await post(path, { ...event, token: " phc_main " })).status).toBe(200);
      expect((await post(path, [{ ...event, uuid: undefined, api_key: "phc_main" }])).status).toBe(200);
      expect(store.list()).toMatchObject({ received: 2, distinct: 2 });
    },
  );

  test("knows gzip by its first bytes, whatever the headers say", async () => {
    expect((await post("/batch/", gzipSync(JSON.stringify(batch(event))))).status).toBe(200);
    expect((await post("/batch/", gzipSync("x").subarray(0, 9))).status).toBe(400);
    expect(store.list().received).toBe(1);
  });

  test("keeps one of several copies, the last", async () => {
    for (const a of [1, 2, 3]) await post("/batch/", batch({ ...event, properties: { a } }));
    expect(store.list()).toMatchObject({ received: 3, distinct: 1, events: [{ properties: { a: 3 } }] });
  });

  test.each([
    ["another name", { event: "other" }],
    ["another person", { distinct_id: "bob" }],
    ["another day", { timestamp: "2026-05-02T11:59:00Z" }],
    ["no uuid", { uuid: "" }],
  ])("takes an event with %s for another one", async (_, change) => {
    await post("/batch/", batch(event, { ...event, ...change }));
    expect(store.list().distinct).toBe(2);
  });

  test.each<[string, number, unknown]>([
    ["no JSON", 400, Buffer.from("{")],
    ["an empty batch", 400, batch()],
    ["a batch that is no list", 400, { api_key: "phc_main", batch: 3 }],
    ["an event without distinct_id", 400, batch(event, { event: "x" })],
    ["a distinct_id of white space", 400, batch({ ...event, distinct_id: " " })],
    ["an event without a name", 400, batch({ ...event, event: "" })],
    ["a uuid that is none", 400, batch(event, { ...event, uuid: "1234" })],
    ["no key", 401, { batch: [event] }],
    ["a personal key", 401, { api_key: "phx_main", batch: [event] }],
    ["a key that is too long", 401, { api_key: `phc_${"x".repeat(61)}`, batch: [event] }],
    ["a key that is not ASCII", 401, { api_key: "phc_é", batch: [event] }],
    [
      "two keys",
      401,
      [
        { ...event, api_key: "phc_main" },
        { ...event, api_key: "phc_other" },
      ],
    ],
    ["an event of more than 1 MB", 413, batch(event, { ...event, properties: { a: "x".repeat(1_000_000) } })],
    ["what unpacks to more than 20 MiB", 413, gzipSync(Buffer.alloc(20 * 1024 * 1024 + 1, " "))],
  ])("refuses %s with %i and takes nothing of it", async (_, status, body) => {
    const answer = await post("/batch/", body);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toBe("");
    expect(store.list().received).toBe(0);
  });

  test("takes less on the doors for single events", async () => {
    const body = { ...event, api_key: "phc_main", filler: [..."ab"].map(() => "x".repeat(1_100_000)) };
    expect(await post("/capture/", body)).toEqual({
      status: 413,
      text: "maximum event size exceeded: 2097152\n",
    });
  });

  test("answers 200 to a key that no project has, and nothing is kept", async () => {
    expect((await post("/batch/", { ...batch(event), api_key: "phc_wrong" })).status).toBe(200);
    expect(store.list()).toEqual({ events: [], received: 0, distinct: 0 });
  });

  test("reads times as PostHog does", async () => {
    const at = (timestamp: unknown) => ({ ...event, uuid: undefined, timestamp });
    await post("/batch/", batch(at("2026-05-03T13:59:00+02:00"), at("soon"), at("2026-05-04T12:00:00Z")));
    await post("/batch/", { ...batch(at("2026-05-03T11:00:00Z")), sent_at: "2026-05-03T12:10:00Z" });
    expect(store.list().events.map(({ timestamp }) => timestamp)).toEqual([
      "2026-05-03T13:59:00+02:00",
      "2026-05-03T12:00:00.000Z",
      "2026-05-03T12:00:00.000Z",
      "2026-05-03T10:50:00.000Z",
    ]);
  });

  test("does as a fault says, before it is taken or after", async () => {
    faults.add([
      { fault: "status", status: 503, headers: {}, on: "posthog", times: 1 },
      { fault: "applied-then-status", status: 500, headers: {}, on: "posthog", times: 1 },
    ]);
    expect((await post("/batch/", batch(event))).status).toBe(503);
    expect(store.list().received).toBe(0);
    expect((await post("/batch/", batch(event))).status).toBe(500);
    expect(store.list().received).toBe(1);
  });
});

describe("annotations", () => {
  const path = "/api/projects/1/annotations/";
  const headers = { authorization: "Bearer phx_main" };
  const annotation = {
    content: "Checkout on [ld:abc]",
    date_marker: "2026-05-03T11:59:00Z",
    scope: "project",
  };
  const list = async (query: string) => {
    const answer = await fetch(`${base}${path}${query}`, { headers });
    return (await answer.json()) as { count: number; results: { id: number; content: string }[] };
  };

  test("are made, and found again by what they say", async () => {
    const made = await post(path, annotation, headers);
    expect(made.status).toBe(201);
    expect(JSON.parse(made.text)).toMatchObject({ id: 1, ...annotation, creation_type: "USR" });
    expect(await list("?search=LD:ABC&scope=project")).toMatchObject({ count: 1, results: [{ id: 1 }] });
    expect(await list("?search=ld:other")).toMatchObject({ count: 0, results: [] });
    expect(await list("?scope=dashboard_item")).toMatchObject({ count: 0 });
    expect(await list("?date_from=2026-05-04T00:00:00Z")).toMatchObject({ count: 0 });
    const shown = await fetch(`${base}/annotations`);
    expect(await shown.json()).toMatchObject({ annotations: [{ id: 1 }] });
  });

  test("have the scope of a dashboard's item unless another is sent", async () => {
    const { scope: _, ...rest } = annotation;
    expect(JSON.parse((await post(path, rest, headers)).text)).toMatchObject({ scope: "dashboard_item" });
  });

  test.each<[string, number, object, Record<string, string>, string]>([
    ["without a key", 401, annotation, {}, path],
    ["with the project's key", 401, annotation, { authorization: "Bearer phc_main" }, path],
    ["of another project", 404, annotation, headers, "/api/projects/2/annotations/"],
    ["without content", 400, { ...annotation, content: "" }, headers, path],
    ["of more than 8,192 characters", 400, { ...annotation, content: "x".repeat(8_193) }, headers, path],
    ["with another scope", 400, { ...annotation, scope: "recording" }, headers, path],
    ["at no time", 400, { ...annotation, date_marker: "soon" }, headers, path],
  ])("%s are refused with %i", async (_, status, body, sent, to) => {
    expect((await post(to, body, sent)).status).toBe(status);
    expect(store.annotations()).toEqual([]);
  });

  test("have faults of their own", async () => {
    faults.add([{ fault: "status", status: 429, headers: {}, on: "annotations", times: 1 }]);
    expect((await post("/batch/", batch(event))).status).toBe(200);
    expect((await post(path, annotation, headers)).status).toBe(429);
  });
});

describe("a personal key", () => {
  const look = async (path: string, key = "phx_main") => {
    const answer = await fetch(base + path, { headers: { authorization: `Bearer ${key}` } });
    return { status: answer.status, body: await answer.json() };
  };
  const deny = (...deniedScopes: string[]) =>
    fetch(`${new URL(base).origin}/sandbox/launchdarkly/account`, {
      method: "POST",
      body: JSON.stringify({ deniedScopes }),
    });

  test.each(["/api/projects/1/", "/api/projects/1", "/api/projects/@current/"])(
    "reads at %s which project key its project has",
    async (path) => {
      expect(await look(path)).toMatchObject({ status: 200, body: { id: 1, api_token: "phc_main" } });
    },
  );

  test("is refused a project of another key, and one that is no key", async () => {
    expect((await look("/api/projects/2/")).status).toBe(404);
    expect((await look("/api/projects/1/", "phx_nobody")).status).toBe(401);
  });

  test("without a scope is told which one is missing", async () => {
    const missing = (scope: string) => ({
      type: "authentication_error",
      code: "permission_denied",
      detail: `API key missing required scope '${scope}'`,
      attr: null,
    });
    await deny("annotation:write");
    const annotation = { content: "text", date_marker: "2026-05-03T11:59:00Z", scope: "project" };
    const written = await post("/api/projects/1/annotations/", annotation, {
      authorization: "Bearer phx_main",
    });
    expect([written.status, JSON.parse(written.text)]).toEqual([403, missing("annotation:write")]);
    expect((await look("/api/projects/1/annotations/")).status).toBe(200);
    await deny("project:read");
    expect(await look("/api/projects/1/")).toEqual({ status: 403, body: missing("project:read") });
  });
});
