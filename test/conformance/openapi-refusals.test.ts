import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { REFUSED_ON, type RouteKind } from "../../cli/openapi/answers.ts";
import { MAX_TRACKING_BYTES, MAX_WEBHOOK_BYTES } from "../../functions/ingest/ingest.ts";
import { REFUSALS, type RefusalCode } from "../../functions/ingest/refusal.ts";
import { METHODS } from "../../functions/ingest/route.ts";
import { MAX_TRACKING_EVENTS } from "../../functions/ingest/understand.ts";
import type { Replays } from "../../lib/replays/replays.ts";
import { basic, engageIdentify, ingestInMemory, usable } from "../support/ingest-request.ts";
import { SIGNING_SECRET, segmentSignature, standardHeaders } from "../support/signed-request.ts";

/** Each refusal that the document has for a route comes from a request to it: nothing is documented that nobody gets. */

type Sent = Parameters<ReturnType<typeof ingestInMemory>["call"]>[0];
type Ports = Parameters<typeof ingestInMemory>[0];

const signedAtMs = Date.parse("2026-05-03T12:00:00.000Z");
const secrets = {
  "engage-secret": usable({ writeKeys: ["key"] }),
  "own-secret": usable({ tokens: ["token"], signingSecrets: [SIGNING_SECRET] }),
};
const broken = {
  "engage-secret": { kind: "unusable", problem: "not JSON" },
  "own-secret": { kind: "unusable", problem: "not JSON" },
} as const;

const operations = JSON.stringify({
  audienceOperations: [{ segment: { id: "beta" }, contextKey: "ana", action: "add" }],
});
const members = JSON.stringify({
  environmentId: "environment",
  action: "add",
  cohortId: "beta",
  members: [{ integration_distinct_id: "ana" }],
});
/** A request that each route takes, and the most bytes of its body. */
const GOOD = {
  connection: { path: "/c/own", headers: { authorization: "token" }, body: operations },
  tracking: { path: "/v1/batch", headers: basic("key"), body: JSON.stringify({ batch: [engageIdentify()] }) },
  "segment-targets": {
    path: "/api/v2/segment-targets/hightouch",
    headers: { authorization: "token" },
    body: members,
  },
} as const;
type EventsKind = keyof typeof GOOD;
const bytesOf = (kind: EventsKind) => (kind === "tracking" ? MAX_TRACKING_BYTES : MAX_WEBHOOK_BYTES);

const signed: Sent = {
  ...GOOD.connection,
  headers: standardHeaders(operations, { id: "message", signedAtMs }),
};
const replays = (answer: Awaited<ReturnType<Replays["take"]>>): Replays => ({
  take: async () => answer,
  finish: async () => ({ kind: "remembered" }),
  release: async () => ({ kind: "remembered" }),
});
const firstSigned = engageIdentify();
const batch = JSON.stringify([firstSigned, engageIdentify(1)]);

/** What to change in a good request, and in what ingest works with, to get each code. */
const REQUESTS: Readonly<
  Partial<Record<RefusalCode, (kind: EventsKind) => { readonly sent: Sent; readonly ports?: Ports }>>
> = {
  malformed_body: (kind) => {
    const body = Buffer.from([0xff, 0xfe]).toString("base64");
    return { sent: { ...GOOD[kind], body, isBase64Encoded: true } };
  },
  malformed_json: (kind) => ({ sent: { ...GOOD[kind], body: "{" } }),
  malformed_request: (kind) => ({ sent: { ...GOOD[kind], body: "3" } }),
  no_usable_item: (kind) => ({ sent: { ...GOOD[kind], body: members.replace("ana", "") } }),
  unauthorized: (kind) => ({ sent: { ...GOOD[kind], headers: { authorization: "other" } } }),
  partly_signed: () => ({
    sent: {
      path: "/c/engage",
      headers: { "x-signature": segmentSignature(JSON.stringify(firstSigned)) },
      body: batch,
    },
    ports: { secrets: { ...secrets, "engage-secret": usable({ signingSecrets: [SIGNING_SECRET] }) } },
  }),
  no_such_integration: (kind) => ({ sent: { ...GOOD[kind], path: "/api/v2/segment-targets/none" } }),
  no_such_connection: (kind) => ({ sent: { ...GOOD[kind], path: "/c/none" } }),
  body_too_large: (kind) => ({
    sent: {
      ...GOOD[kind],
      headers: { ...GOOD[kind].headers, "content-encoding": "gzip" },
      body: gzipSync(" ".repeat(bytesOf(kind) + 1)).toString("base64"),
      isBase64Encoded: true,
    },
  }),
  too_many_events: (kind) => ({
    sent: { ...GOOD[kind], body: JSON.stringify({ batch: Array(MAX_TRACKING_EVENTS + 1).fill({}) }) },
  }),
  unsupported_encoding: (kind) => ({
    sent: { ...GOOD[kind], headers: { ...GOOD[kind].headers, "content-encoding": "br" } },
  }),
  misconfigured: (kind) => ({ sent: GOOD[kind], ports: { secrets: broken } }),
  queue_unavailable: (kind) => ({
    sent: GOOD[kind],
    ports: {
      secrets,
      send: async ({ bodies }) => bodies.map(() => ({ kind: "failed", code: "InternalError" })),
    },
  }),
  request_in_flight: () => ({
    sent: signed,
    ports: { secrets, replays: replays({ kind: "in-flight", untilMs: signedAtMs + 5_000 }) },
  }),
  replay_memory_unavailable: () => ({
    sent: signed,
    ports: { secrets, replays: replays({ kind: "unavailable", code: "ThrottlingException" }) },
  }),
};

/** Given outside of the routes, where `answer-faults.test.ts` sees them. */
const OF_FAULTS: readonly string[] = ["internal_error", "out_of_time"];

const isEventsKind = (kind: RouteKind): kind is EventsKind => Object.hasOwn(GOOD, kind);
const cases = Object.entries(REFUSED_ON).flatMap(([code, on]) => {
  if (on === "anywhere" || OF_FAULTS.includes(code)) return [];
  return on.map((kind) => [code as RefusalCode, kind] as const); // the keys of REFUSED_ON are codes
});

describe("a documented refusal is one that somebody gets:", () => {
  test.each(cases)("%s on %s", async (code, kind) => {
    const request = isEventsKind(kind) ? REQUESTS[code]?.(kind) : undefined;
    if (!request) throw new Error("there is no request for it here");
    const { status, json } = await ingestInMemory({ secrets, ...request.ports }).call(request.sent);
    expect({ status, json }).toMatchObject({ status: REFUSALS[code], json: { code } });
  });
});

test.each(Object.values(GOOD).map((sent) => [sent.path, sent]))(
  "the request of these tests to %s is taken",
  async (_path, sent) => {
    const { status } = await ingestInMemory({ secrets }).call(sent);
    expect([200, 204]).toContain(status);
  },
);

test.each([
  ["/none", 404, "no_such_route"],
  ["/health", 405, "method_not_allowed"],
])("what the document has for any other path or method: %s", async (path, status, code) => {
  expect(await ingestInMemory({}).call({ path })).toMatchObject({ status, json: { code } });
});

describe("what Flagbridge answers to everybody", () => {
  test.each(
    [
      METHODS.health.map((method) => [method, "/health"]),
      METHODS.openapi.map((method) => [method, "/openapi.json"]),
    ].flat(),
  )("is documented: %s %s", async (method, path) => {
    const openapi = () => JSON.stringify({ openapi: "3.1.0", info: {}, paths: {} });
    const { status, headers } = await ingestInMemory({ openapi }).call({ method, path });
    expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type: "application/json" });
  });
});
