import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import type { SegmentChange, SegmentWriter } from "../../../audience/segment-writer.ts";
import { openHttpSession } from "../../../delivery/http-session.ts";
import { noLimitSeen, type RateLimit } from "../../../delivery/rate-limit.ts";
import { syncedSegments } from "./request.ts";

const nowMs = 1_800_000_000_000;
const session = openHttpSession();
let server: Server | undefined;
let received: { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: unknown }[] = [];

afterEach(() => {
  received = [];
  server?.closeAllConnections();
  server?.close();
});

const change: SegmentChange = {
  segment: { id: "ld_segment_audience_id", name: "Ld segment test" },
  contextKind: "user",
  members: [
    { contextKey: "user1234", action: "add" },
    { contextKey: "user5678", action: "remove" },
  ],
};

async function send(writer: SegmentWriter) {
  const ready = await writer.ready();
  return ready.kind === "ready" ? ready.send(change) : ready;
}

/** A writer against a server that answers with the given statuses, the last one for ever. */
async function writerAgainst(
  answers: readonly { status: number; headers?: Record<string, string>; body?: string }[],
  tokens = ["token-1"],
) {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      received.push({
        line: `${request.method} ${request.url}`,
        headers: request.headers,
        body: JSON.parse(body),
      });
      const answer = answers[Math.min(received.length, answers.length) - 1] ?? { status: 500 };
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server listens on no port");
  let limit: RateLimit = noLimitSeen;
  return syncedSegments(
    {
      api: `http://127.0.0.1:${address.port}/base`,
      environmentId: "test-client-id",
      integration: "segment-audiences",
      timeoutMs: 2_000,
      userAgent: "Flagbridge/test",
    },
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

describe("a change of a synced segment", () => {
  test("is the request that Segment's own destination sends", async () => {
    const writer = await writerAgainst([{ status: 204 }]);
    expect(await send(writer)).toEqual({ kind: "applied" });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      line: "POST /base/api/v2/segment-targets/segment-audiences",
      headers: {
        authorization: "token-1",
        "content-type": "application/json",
        "ld-api-version": "20240415",
        "user-agent": "Flagbridge/test",
      },
      body: {
        environmentId: "test-client-id",
        contextKind: "user",
        batch: [
          {
            userId: "user1234",
            cohortName: "Ld segment test",
            cohortId: "ld_segment_audience_id",
            value: true,
          },
          {
            userId: "user5678",
            cohortName: "Ld segment test",
            cohortId: "ld_segment_audience_id",
            value: false,
          },
        ],
      },
    });
  });
});

describe("LaunchDarkly's answer", () => {
  test.each<[number, string, object]>([
    [200, "", { kind: "applied" }],
    [
      400,
      "no such member",
      { kind: "refused", status: 400, reason: "refused-by-launchdarkly", cause: "no such member" },
    ],
    [413, "", { kind: "refused", status: 413, reason: "refused-by-launchdarkly", cause: "" }],
    [401, "", { kind: "misconfigured", reason: "launchdarkly-401" }],
    [403, "Forbidden", { kind: "misconfigured", reason: "launchdarkly-403" }],
    [
      403,
      "Approval is required",
      { kind: "forbidden", status: 403, reason: "approval-required", cause: "Approval is required" },
    ],
    [404, "", { kind: "misconfigured", reason: "launchdarkly-404" }],
    [302, "", { kind: "misconfigured", reason: "launchdarkly-302" }],
    [409, "", { kind: "failed", status: 409 }],
    [408, "", { kind: "unanswered", reason: "launchdarkly-408" }],
    [502, "", { kind: "unanswered", reason: "launchdarkly-502" }],
    [504, "", { kind: "unanswered", reason: "launchdarkly-504" }],
    [500, "", { kind: "failed", status: 500 }],
    [503, "", { kind: "failed", status: 503 }],
  ])("%i %s says what it means for the segment", async (status, body, expected) => {
    const writer = await writerAgainst([{ status, body }]);
    expect(await send(writer)).toEqual(expected);
  });

  test("429 names the time that its headers name, and closes the writer until then", async () => {
    const writer = await writerAgainst([
      { status: 429, headers: { "x-ratelimit-reset": String(nowMs + 4_000) } },
    ]);
    expect(await send(writer)).toEqual({ kind: "limited", notBeforeMs: nowMs + 4_000 });
    expect(writer.closedUntilMs()).toBe(nowMs + 4_000);
  });

  test("with no requests left closes the writer although it was applied", async () => {
    const headers = { "x-ratelimit-global-remaining": "0", "x-ratelimit-reset": String(nowMs + 9_000) };
    const writer = await writerAgainst([{ status: 204, headers }]);
    expect(await send(writer)).toEqual({ kind: "applied" });
    expect(writer.closedUntilMs()).toBe(nowMs + 9_000);
  });

  test("401 to a token that has been rotated asks for another attempt, not for a person", async () => {
    const writer = await writerAgainst([{ status: 401 }], ["token-1", "token-2"]);
    expect(await send(writer)).toEqual({ kind: "unsent", reason: "token-rotated" });
    expect(received).toHaveLength(1);
  });
});

describe("a request that is not answered", () => {
  const writerTo = (url: string): SegmentWriter =>
    syncedSegments(
      {
        api: url,
        environmentId: "e",
        integration: "segment-audiences",
        timeoutMs: 100,
        userAgent: "Flagbridge/test",
      },
      {
        http: session,
        now: () => nowMs,
        accessToken: async () => "token-1",
        limit: { get: () => noLimitSeen, set: () => undefined },
      },
    );

  test("may have changed the segment when it left", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    expect(await send(writerTo(`http://127.0.0.1:${port}`))).toEqual({
      kind: "unanswered",
      reason: "no-answer",
    });
    silent.closeAllConnections();
    silent.close();
  });

  test("has changed nothing when the secret with the token cannot be read", async () => {
    const writer = syncedSegments(
      {
        api: "http://127.0.0.1:9",
        environmentId: "e",
        integration: "segment-audiences",
        timeoutMs: 100,
        userAgent: "Flagbridge/test",
      },
      {
        http: session,
        now: () => nowMs,
        accessToken: () => Promise.reject(new Error("unreadable")),
        limit: { get: () => noLimitSeen, set: () => undefined },
      },
    );
    expect(await send(writer)).toEqual({ kind: "misconfigured", reason: "secret-unreadable" });
  });
});
