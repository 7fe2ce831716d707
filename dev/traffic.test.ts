import { describe, expect, test } from "vitest";
import { createTraffic, type Exchange } from "./traffic.ts";

const exchange = (given: Partial<Exchange> = {}): Exchange => ({
  requestId: "request-1",
  receivedAtMs: 1_000,
  ms: 20,
  method: "POST",
  path: "/c/own-code",
  status: 200,
  body: Buffer.from('{"a":1}'),
  answer: "{}",
  ...given,
});
const answered = (fields: object = {}) =>
  JSON.stringify({
    message: "ingest.answered",
    requestId: "request-1",
    connection: "own-code",
    accepted: 2,
    ignored: { page: 1 },
    rejected: { key_missing: 3 },
    ...fields,
  });
const message = (connection: string, acceptedAt: number) =>
  JSON.stringify({ v: 1, kind: "audience.operations", connection, acceptedAt, segments: [], operations: [] });

describe("a request", () => {
  test.each(["the line first", "the answer first"])("is one with its line of the log, %s", (order) => {
    const traffic = createTraffic();
    const notes = [() => traffic.noteExchange(exchange()), () => traffic.noteLine("ingest", answered())];
    for (const note of order === "the line first" ? notes.toReversed() : notes) note();
    expect(traffic.since(0, 10)).toMatchObject({
      totals: { requests: 1, accepted: 2, ignored: 1, rejected: 3, refused: 0 },
      requests: [{ id: "request-1", connection: "own-code", accepted: 2, rejected: { key_missing: 3 } }],
    });
  });

  test("is told again when it has changed, and not otherwise", () => {
    const traffic = createTraffic();
    traffic.noteExchange(exchange());
    const { revision } = traffic.since(0, 10);
    expect(traffic.since(revision, 10).requests).toEqual([]);
    traffic.noteLine("ingest", answered());
    expect(traffic.since(revision, 10).requests).toHaveLength(1);
  });

  test("has the messages of its connection that were accepted while it was answered, and says who else may have sent them", () => {
    const traffic = createTraffic();
    traffic.noteExchange(exchange());
    traffic.noteLine("ingest", answered());
    traffic.noteExchange(exchange({ requestId: "request-2", receivedAtMs: 1_010 }));
    traffic.noteLine("ingest", answered({ requestId: "request-2" }));
    const own = message("own-code", 1_005);
    traffic.noteQueued("queue", [own, message("other", 1_005), message("own-code", 2_000), "no message"]);
    expect(traffic.request("request-1")).toMatchObject({
      overlapping: 1,
      messages: [{ queue: "queue", body: own }],
      body: '{"a":1}',
      bodyBytes: 7,
    });
    expect(traffic.request("request-3")).toBeUndefined();
  });
});

test("however much comes in, only the last requests and the beginning of a large body are kept", () => {
  const traffic = createTraffic();
  for (let at = 0; at < 1_000; at += 1)
    traffic.noteExchange(exchange({ requestId: `request-${at}`, body: Buffer.alloc(100_000, "x") }));
  expect(traffic.since(0, 5_000).requests).toHaveLength(300);
  expect(traffic.since(0, 5_000).totals.requests).toBe(1_000);
  expect(traffic.request("request-0")).toBeUndefined();
  const kept = traffic.request("request-999");
  expect([kept?.body.length, kept?.bodyBytes]).toEqual([32_768, 100_000]);
});

test("what became of items is counted for each destination, and a health check is no request", () => {
  const traffic = createTraffic();
  const line = {
    message: "audience.flushed",
    destination: "production",
    applied: 2,
    unchanged: 1,
    stale: 0,
    dropped: {},
    dead: { "invalid-message": 1 },
    waiting: {},
    retried: { "launchdarkly-503": 4 },
    requests: { "204": 1 },
  };
  for (const _ of ["once", "twice"]) traffic.noteLine("audience-batcher", JSON.stringify(line));
  traffic.noteLine("audience-batcher", "no JSON");
  for (const path of ["/health", "/openapi.json"]) traffic.noteExchange(exchange({ path }));
  const { destinations, totals } = traffic.since(0, 0);
  expect(destinations).toMatchObject([
    {
      function: "audience-batcher",
      destination: "production",
      applied: 4,
      dead: 2,
      retried: 8,
      requests: { "204": 2 },
    },
  ]);
  expect(totals.requests).toBe(0);
});
