import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { noLimitSeen, type RateLimit } from "../../http/rate-limit.ts";
import { type HttpSession, openHttpSession } from "../../http/session.ts";
import { type EventsRoute, eventSender, payloadId } from "./request.ts";

const nowMs = 1_800_000_000_000;
let server: Server | undefined;
let session: HttpSession | undefined;
let received: { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];

afterEach(() => {
  received = [];
  session?.close();
  server?.closeAllConnections();
  server?.close();
});

const events = [
  { id: "b", json: '{"kind":"custom","key":"two"}' },
  { id: "a", json: '{"kind":"custom","key":"one"}' },
];

type Answer = (response: ServerResponse, attempt: number) => void;
const status =
  (code: number, headers: Record<string, string> = {}, body = ""): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body);

async function senderTo(kind: EventsRoute["kind"], answer: Answer, tokens = ["token-1"]) {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({
        line: `${request.method} ${request.url}`,
        headers: request.headers,
        body: gunzipSync(Buffer.concat(chunks)).toString(),
      });
      answer(response, received.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server listens on no port");
  const base = { events: `http://127.0.0.1:${address.port}`, environmentId: "env 1" };
  const route: EventsRoute =
    kind === "client-side" ? { kind, ...base } : { kind, ...base, project: "web", environment: "test" };
  let limit: RateLimit = noLimitSeen;
  session = openHttpSession();
  return eventSender(
    route,
    { eventSchema: 4, timeoutMs: 300, version: "1.2.3" },
    {
      http: session,
      now: () => nowMs,
      accessToken: async (after) => tokens[after === undefined ? 0 : tokens.length - 1] ?? "none",
      limit: {
        get: () => limit,
        set: (next) => {
          limit = next;
        },
      },
    },
  );
}

describe("a request with metric events", () => {
  test("goes to the client-side door without a token", async () => {
    const sender = await senderTo("client-side", status(202));
    expect(await sender.send(events)).toBe("delivered");
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      line: "POST /events/bulk/env%201",
      body: '[{"kind":"custom","key":"two"},{"kind":"custom","key":"one"}]',
      headers: {
        "content-type": "application/json",
        "content-encoding": "gzip",
        "x-launchdarkly-event-schema": "4",
        "x-launchdarkly-payload-id": payloadId("env 1", ["a", "b"]),
        "user-agent": "MetricImport-Flagbridge-int/1.2.3",
      },
    });
    expect(received[0]?.headers).not.toHaveProperty("authorization");
  });

  test("goes to the import door with the token and its length", async () => {
    const sender = await senderTo("import", status(202));
    expect(await sender.send(events)).toBe("delivered");
    expect(received[0]).toMatchObject({
      line: "POST /v2/event-data-import/web/test",
      headers: { authorization: "token-1" },
    });
    expect(Number(received[0]?.headers["content-length"])).toBeGreaterThan(0);
  });

  test("that gets no answer is repeated at once under the same payload id", async () => {
    const sender = await senderTo("client-side", (response, attempt) => {
      if (attempt > 1) response.writeHead(202).end();
    });
    expect(await sender.send(events)).toBe("delivered");
    const ids = received.map(({ headers }) => headers["x-launchdarkly-payload-id"]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test("that gets no answer twice comes again later", async () => {
    const sender = await senderTo("client-side", () => undefined);
    expect(await sender.send(events)).toMatchObject({ fate: { kind: "retry", reason: "no-answer" } });
    expect(received).toHaveLength(2);
  });
});

describe("LaunchDarkly's answer to metric events", () => {
  test.each<[number, object | string]>([
    [202, "delivered"],
    [400, { kind: "refused", status: 400 }],
    [413, { kind: "refused", status: 413 }],
    [401, { fate: { kind: "retry", reason: "launchdarkly-401", delay: { kind: "configuration" } } }],
    [403, { fate: { delay: { kind: "configuration" } } }],
    [404, { fate: { delay: { kind: "configuration" } } }],
    [406, { fate: { delay: { kind: "configuration" } } }],
    [500, { fate: { kind: "retry", reason: "launchdarkly-500", delay: { kind: "backoff" } } }],
    [503, { fate: { kind: "retry", reason: "launchdarkly-503", delay: { kind: "backoff" } } }],
  ])("%i says what becomes of the events", async (code, expected) => {
    const sender = await senderTo("import", status(code));
    const outcome = await sender.send(events);
    if (typeof expected === "string") expect(outcome).toBe(expected);
    else expect(outcome).toMatchObject(expected);
  });

  test.each<[EventsRoute["kind"], Record<string, string>]>([
    ["client-side", { "retry-after": "7" }],
    ["import", { "x-ratelimit-auth-token-reset": String(nowMs + 7_000) }],
  ])("429 closes the door %s until it says, and nothing is sent before", async (kind, headers) => {
    const sender = await senderTo(kind, status(429, headers));
    const limited = {
      fate: { reason: "rate-limited", delay: { kind: "backoff", notBeforeMs: nowMs + 7_000 } },
    };
    expect(await sender.send(events)).toMatchObject(limited);
    expect(await sender.send(events)).toMatchObject(limited);
    expect(received).toHaveLength(1);
  });

  test("401 to a token that has been rotated asks for another attempt, not for a person", async () => {
    const sender = await senderTo("import", status(401), ["token-1", "token-2"]);
    expect(await sender.send(events)).toMatchObject({
      fate: { reason: "token-rotated", delay: { kind: "backoff" } },
    });
  });
});

test("a payload id depends on the environment and the events, not on their order", () => {
  expect(payloadId("env", ["a", "b"])).toBe(payloadId("env", ["b", "a"]));
  expect(payloadId("env", ["a", "b"])).not.toBe(payloadId("env", ["a"]));
  expect(payloadId("env", ["a"])).not.toBe(payloadId("other", ["a"]));
  expect(payloadId("env", ["a"])).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});
