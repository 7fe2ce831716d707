import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import type { Parcel } from "../../lib/connections/queues.ts";
import { basic, engageIdentify, ingestInMemory, usable } from "../../test/support/ingest-request.ts";

const events = (count: number) => Array.from({ length: count }, (_, index) => engageIdentify(index));
const batchOf = (count: number) => JSON.stringify({ batch: events(count) });
const own = { path: "/c/own", headers: { authorization: "Bearer token" } };
const operation = { segment: { id: "beta" }, contextKey: "u1", action: "add" };
const error = (code: string, message: unknown = expect.any(String)) => ({
  code,
  message,
  requestId: "request-1",
});

describe("a request that is understood", () => {
  test("is answered 200 with what was accepted", async () => {
    const { call, operations } = ingestInMemory({});
    const answer = await call({ headers: basic("write-key"), body: batchOf(2) });
    expect(answer).toMatchObject({
      status: 200,
      text: '{"success":true,"accepted":2,"ignored":0,"rejected":[]}',
    });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(operations().map(({ contextKey }) => contextKey)).toEqual(["user-0", "user-1"]);
  });

  test("is answered 200, and as no success, when every item in it was rejected, and queues nothing", async () => {
    const { call, queued } = ingestInMemory({});
    const answer = await call({ headers: basic("write-key"), body: JSON.stringify({ batch: [1, "x"] }) });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        success: false,
        accepted: 0,
        ignored: 0,
        rejected: [
          { index: 0, code: "invalid_item", message: "batch[0]: expected an object" },
          { index: 1, code: "invalid_item", message: "batch[1]: expected an object" },
        ],
      },
    });
    expect(queued).toEqual([]);
  });

  test.each([
    ["of calls that mean nothing to its connection", [{ type: "page" }, { type: "screen" }], true, 2, 2],
    ["of one that means nothing and one that is rejected", [{ type: "page" }, 1], false, 1, 1],
    ["with something of use beside what is rejected", [engageIdentify(), { type: "page" }, 1], true, 2, 1],
    ["without items", [], true, 0, 0],
  ])("%s counts as success or not", async (_name, batch, success, accepted, ignored) => {
    const { call } = ingestInMemory({});
    const { status, json } = await call({ headers: basic("write-key"), body: JSON.stringify({ batch }) });
    expect(status).toBe(200);
    expect(json).toMatchObject({ success, accepted, ignored });
  });

  test("is logged with what of it means nothing, by kind of call", async () => {
    const { call } = ingestInMemory({});
    const batch = [{ type: "page" }, { type: "page" }, { type: "track", event: "Seen" }, engageIdentify()];
    const { record } = await call({ headers: basic("write-key"), body: JSON.stringify({ batch }) });
    expect(record).toMatchObject({
      accepted: 4,
      ignored: { page: 2, track_without_metrics: 1 },
      rejected: {},
    });
  });

  test("that is repeated makes the same messages, but for the time of receipt", async () => {
    const { call, queued } = ingestInMemory({});
    const request = { headers: basic("write-key"), body: batchOf(1_000) };
    await call(request);
    await call(request);
    expect(queued.slice(queued.length / 2)).toEqual(queued.slice(0, queued.length / 2));
  });

  test("goes into as few messages as it fits, whatever the encoding", async () => {
    const { call, queued, operations } = ingestInMemory({});
    await call({
      headers: {
        ...basic("write-key"),
        "content-encoding": "gzip",
        "content-type": "application/x-www-form-urlencoded",
      },
      body: gzipSync(batchOf(1_000)).toString("base64"),
      isBase64Encoded: true,
    });
    expect(queued).toHaveLength(2);
    expect(operations()).toHaveLength(1_000);
  });

  test("lists no more rejections than an answer can hold, and says how many are left out", async () => {
    const { call } = ingestInMemory({});
    const { json, record } = await call({
      ...own,
      body: JSON.stringify({ audienceOperations: Array(5_000).fill(0) }),
    });
    expect(json).toMatchObject({ success: false, accepted: 0, rejectedNotListed: 1_000 });
    expect(json).toHaveProperty("rejected.length", 4_000);
    expect(record.rejected).toEqual({ invalid_item: 5_000 });
  });
});

describe("health", () => {
  test("tells the version, to anyone", async () => {
    const answer = await ingestInMemory({}).call({ method: "GET", path: "/health" });
    expect(answer).toMatchObject({ status: 200, text: '{"status":"ok","version":"1.2.3"}' });
  });
});

describe("a browser", () => {
  test("may ask whether it may send", async () => {
    const answer = await ingestInMemory({}).call({
      method: "OPTIONS",
      path: "/v1/t",
      headers: { "access-control-request-headers": "content-type" },
    });
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect(answer.headers).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "POST, OPTIONS",
      "access-control-allow-headers": "content-type",
      "access-control-max-age": "86400",
    });
  });

  test("may read every answer of the Tracking API, errors too", async () => {
    const { call } = ingestInMemory({});
    const taken = await call({
      path: "/v1/i",
      headers: { "content-type": "text/plain" },
      body: JSON.stringify({ ...engageIdentify(), writeKey: "write-key" }),
    });
    const refused = await call({ path: "/v1/i", body: "{}" });
    expect([taken.status, refused.status]).toEqual([200, 401]);
    for (const { headers } of [taken, refused]) expect(headers["access-control-allow-origin"]).toBe("*");
  });

  test("may not read the answers of webhooks", async () => {
    const { headers } = await ingestInMemory({}).call({ ...own, body: "{}" });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("a request is refused, and nothing of it queued:", () => {
  const large = JSON.stringify({ batch: [{ ...engageIdentify(), padding: "x".repeat(512_000) }] });
  test.each([
    ["malformed JSON", { headers: basic("write-key"), body: '{"batch":[' }, 400, "malformed_json"],
    ["no body", { headers: basic("write-key") }, 400, "malformed_json"],
    ["an empty body", { headers: basic("write-key"), body: "" }, 400, "malformed_json"],
    ["a body of another shape", { headers: basic("write-key"), body: "[]" }, 400, "malformed_request"],
    [
      "not UTF-8",
      { headers: basic("write-key"), body: Buffer.from([0xff]).toString("base64"), isBase64Encoded: true },
      400,
      "malformed_body",
    ],
    ["no key", { body: batchOf(1) }, 401, "unauthorized"],
    ["a wrong write key", { headers: basic("other"), body: batchOf(1) }, 401, "unauthorized"],
    [
      "a wrong write key in the body",
      { body: JSON.stringify({ batch: events(1), writeKey: "other" }) },
      401,
      "unauthorized",
    ],
    ["no such route", { path: "/v3/batch", body: batchOf(1) }, 404, "no_such_route"],
    ["no such connection", { ...own, path: "/c/other", body: "{}" }, 404, "no_such_connection"],
    [
      "a connection named like what every object has",
      { ...own, path: "/c/constructor", body: "{}" },
      404,
      "no_such_connection",
    ],
    ["no such method", { ...own, method: "DELETE" }, 405, "method_not_allowed"],
    ["more than 500 KB", { headers: basic("write-key"), body: large }, 413, "body_too_large"],
    [
      "more than 500 KB inflated",
      {
        headers: { ...basic("write-key"), "content-encoding": "gzip" },
        body: gzipSync(large).toString("base64"),
        isBase64Encoded: true,
      },
      413,
      "body_too_large",
    ],
    [
      "more than 2,500 events",
      { headers: basic("write-key"), body: JSON.stringify({ batch: Array(2_501).fill({}) }) },
      413,
      "too_many_events",
    ],
    [
      "more than 4 MB for a webhook",
      { ...own, body: JSON.stringify({ x: "x".repeat(4 * 1_024 * 1_024) }) },
      413,
      "body_too_large",
    ],
    [
      "another encoding",
      { headers: { ...basic("write-key"), "content-encoding": "br" }, body: "x" },
      415,
      "unsupported_encoding",
    ],
  ])("%s", async (_name, request, status, code) => {
    const { call, queued } = ingestInMemory({});
    const answer = await call(request);
    expect({ status: answer.status, json: answer.json }).toEqual({ status, json: error(code) });
    expect(answer.record).toMatchObject({ code, status });
    expect(queued).toEqual([]);
  });

  test("405 with the methods that there are", async () => {
    const { headers } = await ingestInMemory({}).call({ ...own, method: "DELETE" });
    expect(headers.allow).toBe("POST, PUT, PATCH");
  });
});

test("events that repeat the long key of their batch are refused when together they are too much to queue", async () => {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: {
      engage: {
        source: "segment",
        secret: "engage-secret",
        audiences: { to: ["production"], contextKey: ["email"] },
      },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const personas = { computation_class: "audience", computation_key: "v", computation_id: "aud" };
  const { call, queued } = ingestInMemory({
    connections: checked.connections,
    secrets: { "engage-secret": usable({ tokens: ["token"] }) },
  });
  const answer = await call({
    path: "/c/engage",
    headers: { authorization: "token" },
    body: JSON.stringify({
      context: { personas, traits: { email: `${"k".repeat(2_000)}@example.com` } },
      batch: Array(40_000).fill({ type: "identify", traits: { v: true } }),
    }),
  });
  expect(answer).toMatchObject({ status: 413, json: { code: "body_too_large" } });
  expect(answer.json).toHaveProperty("message", expect.stringContaining("send fewer members a request"));
  expect(queued).toEqual([]);
});

describe("just within the limits", () => {
  test.each([
    [
      "2,500 events",
      { headers: basic("write-key"), body: JSON.stringify({ batch: Array(2_500).fill({ type: "page" }) }) },
    ],
    ["500 KB", { headers: basic("write-key"), body: JSON.stringify({ batch: [] }).padEnd(512_000) }],
    [
      "a webhook of 4 MB",
      { ...own, body: JSON.stringify({ audienceOperations: [] }).padEnd(4 * 1_024 * 1_024) },
    ],
    [
      "a webhook of many operations",
      { ...own, body: JSON.stringify({ audienceOperations: Array(40_000).fill(operation) }) },
    ],
  ])("%s are taken", async (_name, request) => {
    const { status } = await ingestInMemory({}).call(request);
    expect(status).toBe(200);
  });
});

describe("a queue that does not take everything", () => {
  test.each([
    [
      "one message fails",
      async ({ bodies }: Parcel) =>
        bodies.map((_, index) =>
          index === 1 ? { kind: "failed" as const, code: "InternalError" } : { kind: "confirmed" as const },
        ),
    ],
    [
      "an outcome is missing",
      async ({ bodies }: Parcel) => bodies.slice(1).map(() => ({ kind: "confirmed" as const })),
    ],
  ])("is 503 with Retry-After when %s", async (_name, send) => {
    const answer = await ingestInMemory({ send }).call({ headers: basic("write-key"), body: batchOf(1_000) });
    expect(answer).toMatchObject({ status: 503, json: error("queue_unavailable") });
    expect(answer.headers["retry-after"]).toBe("5");
    expect(answer.record).toMatchObject({ code: "queue_unavailable", connection: "engage" });
  });
});

describe("a key in a large body counts", () => {
  const secrets = {
    "engage-secret": usable({ writeKeys: ["write-key"], tokens: ["token"] }),
    "own-secret": usable({ writeKeys: ["own-key"], tokens: ["own-token"] }),
  };
  const gzip = (text: string) => ({
    headers: { "content-encoding": "gzip" },
    body: gzipSync(text).toString("base64"),
    isBase64Encoded: true,
  });
  const many = { audienceOperations: Array(30_000).fill(operation) };
  const batch = events(1_000);

  test.each([
    [
      "at the end of a batch for /v1, compressed",
      { ...gzip(JSON.stringify({ batch, writeKey: "write-key" })) },
    ],
    ["at the end of a webhook", { path: "/c/own", body: JSON.stringify({ ...many, writeKey: "own-key" }) }],
    [
      "at the beginning of a webhook",
      { path: "/c/own", body: JSON.stringify({ writeKey: "own-key", ...many }) },
    ],
    [
      "at the beginning of a webhook, compressed",
      { path: "/c/own", ...gzip(JSON.stringify({ writeKey: "own-key", ...many })) },
    ],
  ])("%s", async (_name, request) => {
    expect((await ingestInMemory({ secrets }).call(request)).status).toBe(200);
  });

  test("not at the end of a compressed webhook, which would have to be inflated for it", async () => {
    const request = { path: "/c/own", ...gzip(JSON.stringify({ ...many, writeKey: "own-key" })) };
    expect((await ingestInMemory({ secrets }).call(request)).status).toBe(401);
  });
});

describe("what a stranger sends is 401 or what is wrong with it, as far as it was looked at:", () => {
  const large = gzipSync("x".repeat(5 * 1_024 * 1_024)).toString("base64");
  const compressed = { headers: { "content-encoding": "gzip" }, isBase64Encoded: true };
  test.each([
    ["malformed JSON without a key", { body: '{"batch":[' }, 401, "unauthorized"],
    [
      "too much for /v1, compressed, where a key could be",
      { ...compressed, body: large },
      413,
      "body_too_large",
    ],
    ["no gzip for /v1", { ...compressed, body: "AAAA" }, 400, "malformed_body"],
    [
      "too much for a webhook, compressed, beyond where a key could be",
      { ...own, headers: compressed.headers, isBase64Encoded: true, body: large },
      401,
      "unauthorized",
    ],
    [
      "too much for a webhook",
      { path: "/c/own", body: "x".repeat(5 * 1_024 * 1_024) },
      413,
      "body_too_large",
    ],
    ["another encoding", { headers: { "content-encoding": "br" }, body: "x" }, 415, "unsupported_encoding"],
  ])("%s", async (_name, request, status, code) => {
    const answer = await ingestInMemory({}).call(request);
    expect({ status: answer.status, json: answer.json }).toEqual({ status, json: error(code) });
  });
});
