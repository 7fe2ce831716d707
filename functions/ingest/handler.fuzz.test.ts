import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { MAX_MESSAGE_BYTES } from "../../lib/messages/pack.ts";
import { REJECTION_CODES } from "../../lib/sources/source.ts";
import {
  type BuiltIngest,
  buildBundles,
  type HttpRequest,
  startBuiltIngest,
} from "../../test/support/built-ingest.ts";
import { basic, engageIdentify, twoConnections } from "../../test/support/ingest-request.ts";
import { IS_LONG, SEARCH_TIMES } from "../../test/support/length.ts";
import { mutated } from "../../test/support/mutated-json.ts";
import { undocumented } from "../../test/support/openapi-document.ts";
import type { TemporaryFolder } from "../../test/support/temporary-folder.ts";
import { REFUSALS } from "./refusal.ts";

/** What must never be in a log, and is in most of the requests. */
const SECRETS = {
  writeKey: "KEY-OF-ENGAGE",
  token: "TOKEN-OF-OWN",
  member: "MEMBER-OF-ALL",
  sharedSecret: "SHARED-SECRET-OF-ENGAGE",
  signingSecret: "whsec_SIGNINGSECRETOFOWNSIGNINGSECRETX",
};
const identify = { ...engageIdentify(), userId: SECRETS.member };
const track = {
  ...identify,
  type: "track",
  event: "Audience Entered",
  properties: { vip: false, email: "MEMBER-OF-ALL@example.com" },
  anonymousId: null,
};
const operation = {
  segment: { id: "beta", name: "Beta" },
  contextKind: "user",
  contextKey: SECRETS.member,
  action: "add",
  at: "2026-05-03T11:59:00Z",
  id: "o-1",
};

/** Requests that are right, each through its own door. */
const engage = basic(SECRETS.writeKey);
const batch = {
  batch: [identify, track, { type: "page" }],
  sentAt: "2026-05-03T11:59:00Z",
  writeKey: SECRETS.writeKey,
};
const merged = {
  batch: Array.from({ length: 60 }, () => identify),
  context: { personas: identify.context.personas },
};
const operations = { audienceOperations: [operation, { ...operation, action: "remove" }], metricEvents: [] };
const cohort = { environmentId: "environment", cohortId: "c1", cohortName: "C", contextKind: "user" };
const hightouch = { ...cohort, action: "remove", members: [{ integration_distinct_id: SECRETS.member }] };
const fulcrum = { ...cohort, included: { add: [{ id: SECRETS.member }], remove: [{ id: "u2" }] } };
const doors = [
  { path: "/v1/batch", headers: engage, body: batch },
  { path: "/v1/import", headers: {}, body: batch },
  { path: "/v1/b", headers: engage, body: merged },
  { path: "/v1/identify", headers: engage, body: identify },
  { path: "/v1/t", headers: engage, body: track },
  { path: "/c/engage", headers: engage, body: [identify, track] },
  { path: "/c/engage/", headers: engage, body: identify },
  { path: "/c/own", headers: { authorization: `Bearer ${SECRETS.token}` }, body: operations },
  { path: "/c/own", headers: { "x-key": SECRETS.token }, body: operations },
  { path: "/api/v2/segment-targets/hightouch", headers: { authorization: SECRETS.token }, body: hightouch },
  { path: "/api/v2/segment-targets/fulcrum", headers: { authorization: SECRETS.token }, body: fulcrum },
] as const;

const bodies = fc.constantFrom<unknown>(...doors.map(({ body }) => body));
const deeply = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

/** Texts that are no request of ours, and some that are too much of one. */
const strangeTexts = fc.oneof(
  fc.json(),
  fc.string({ unit: "binary" }),
  fc.tuple(bodies, fc.nat(200)).map(([value, length]) => JSON.stringify(value).slice(0, length)),
  fc.constantFrom(
    "[".repeat(200_000),
    `{"batch":[${deeply}]}`,
    // A whole item but for its id, so that its digest is asked for, and nested more deeply than JSON can be written.
    JSON.stringify({ batch: [{ ...identify, messageId: null, extra: "NESTED" }] }).replace(
      '"NESTED"',
      deeply,
    ),
    JSON.stringify({ batch: [{ ...identify, extra: "x".repeat(40_000) }] }),
    JSON.stringify({ batch: [{ ...identify, extra: "x".repeat(600_000) }] }),
    JSON.stringify({ batch: Array(2_600).fill({}) }),
    JSON.stringify({ audienceOperations: Array(30_000).fill(0) }),
  ),
);

type Encoded = Pick<HttpRequest, "body" | "isBase64Encoded"> & {
  readonly headers: Readonly<Record<string, string>>;
};

function encoded(texts: fc.Arbitrary<string>): fc.Arbitrary<Encoded> {
  return fc.oneof(
    { weight: 3, arbitrary: texts.map((body) => ({ body, headers: {} })) },
    {
      weight: 1,
      arbitrary: texts.map((text) => ({
        body: Buffer.from(text).toString("base64"),
        isBase64Encoded: true,
        headers: {},
      })),
    },
    {
      weight: 1,
      arbitrary: texts.map((text) => ({
        body: gzipSync(text).toString("base64"),
        isBase64Encoded: true,
        headers: { "content-encoding": "gzip" },
      })),
    },
  );
}

const bytes = fc
  .tuple(fc.uint8Array(), fc.constantFrom("gzip", "br", "identity", "GZIP", "", "gzip, gzip"))
  .map(([sent, encoding]) => ({
    body: Buffer.from(sent).toString("base64"),
    isBase64Encoded: true,
    headers: { "content-encoding": encoding },
  }));

/** Through its own door with its own key, and a body that was right once. */
const nearlyRight: fc.Arbitrary<HttpRequest> = fc
  .constantFrom(...doors)
  .chain(({ path, headers, body }) =>
    encoded(
      fc
        .oneof({ weight: 5, arbitrary: mutated(fc.constant(body)) }, fc.constant(body))
        .map((value) => JSON.stringify(value)),
    ).map((request) => ({ ...request, path, headers: { ...headers, ...request.headers } })),
  );

/** Signed, whatever it is: nothing in a body may hurt because its sender has the secret. */
const signed: fc.Arbitrary<HttpRequest> = fc.oneof(
  fc
    .oneof(
      mutated(bodies).map((value) => JSON.stringify(value)),
      strangeTexts,
    )
    .map((body) => ({ path: "/c/engage", body, headers: { "x-segment-signature": hmac("sha1", body) } })),
  fc.oneof(mutated(fc.constant([identify, track])), mutated(fc.constant([identify]))).map((value) => ({
    path: "/c/engage",
    body: JSON.stringify(value),
    headers: { "x-signature": hmac("sha1", JSON.stringify(Array.isArray(value) ? value[0] : value) ?? "") },
  })),
  fc
    .oneof(
      mutated(fc.constant(operations)).map((value) => JSON.stringify(value)),
      strangeTexts,
    )
    .map((body) => ({ path: "/c/own", body, headers: standardWebhook(body) })),
);

function hmac(algorithm: string, body: string): string {
  return createHmac(algorithm, SECRETS.sharedSecret).update(body).digest("hex");
}

function standardWebhook(body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(SECRETS.signingSecret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`msg_1.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}

const anything: fc.Arbitrary<HttpRequest> = fc
  .record({
    method: fc.oneof(
      { weight: 8, arbitrary: fc.constant("POST") },
      { weight: 1, arbitrary: fc.constantFrom("GET", "PUT", "OPTIONS", "DELETE", "TRACE") },
    ),
    path: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...doors.map(({ path }) => path)) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("/", "/health", "/c/constructor", "/c/__proto__", "/v1/audiencelist"),
      },
      { weight: 1, arbitrary: fc.webPath() },
    ),
    headers: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom<Record<string, string>>(...doors.map(({ headers }) => headers)),
      },
      {
        weight: 1,
        arbitrary: fc.string().map((authorization): Record<string, string> => ({ authorization })),
      },
      {
        weight: 1,
        arbitrary: fc.string({ unit: "binary" }).map((user): Record<string, string> => basic(user)),
      },
    ),
    body: fc.oneof({ weight: 5, arbitrary: encoded(strangeTexts) }, bytes, fc.constant({ headers: {} })),
  })
  .map(({ method, path, headers, body }) => ({
    ...body,
    method,
    path,
    headers: { ...headers, ...body.headers },
  }));

const requests = fc.oneof(
  { weight: 3, arbitrary: nearlyRight },
  { weight: 1, arbitrary: signed },
  { weight: 2, arbitrary: anything },
);

/** Kinds of requests that chance may leave out. */
const rare: [HttpRequest][] = [
  [{ path: "/v1/batch", headers: engage, body: " ".repeat(600_000) }],
  [{ path: "/v1/batch", headers: { ...engage, "content-encoding": "br" }, body: "" }],
  [{ path: "/v1/batch", headers: engage, method: "GET" }],
  [{ path: "/v1/batch", headers: { "access-control-request-headers": "x\r\ny" }, method: "OPTIONS" }],
];

const rejection = z.strictObject({
  index: z.int().nonnegative(),
  code: z.enum(REJECTION_CODES),
  message: z.string().min(1).max(300),
});
const taken = z.strictObject({
  success: z.boolean(),
  accepted: z.int().nonnegative(),
  ignored: z.int().nonnegative(),
  rejected: z.array(rejection),
  rejectedNotListed: z.int().positive().optional(),
});
const health = z.strictObject({ status: z.literal("ok"), version: z.string() });
const refused = z.strictObject({
  code: z.string(),
  message: z.string().min(1).max(300),
  requestId: z.string().min(1),
});

describe("whatever is sent to the built function", () => {
  let bundles: TemporaryFolder;
  let ingest: BuiltIngest;
  beforeAll(async () => {
    bundles = await buildBundles();
    ingest = await startBuiltIngest({
      bundles,
      connections: twoConnections(),
      secrets: {
        "engage-secret": { writeKeys: [SECRETS.writeKey], signingSecrets: [SECRETS.sharedSecret] },
        "own-secret": { tokens: [SECRETS.token], signingSecrets: [SECRETS.signingSecret] },
      },
    });
  });
  afterAll(async () => {
    await ingest.stop();
    await bundles.remove();
  });

  test("it gives a documented answer, queues valid messages only, and logs nothing of the request", async () => {
    const statuses = new Map<number, number>();
    const signedAndTaken = new Set<string>();
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        ingest.queue.clear();
        const { statusCode, body, headers } = await ingest.invoke(request);
        const { method = "POST", path } = request;
        expect(undocumented({ method, path, status: statusCode, headers, text: body })).toEqual([]);
        statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
        const queued = ingest.queue.messages().map((message) => checkMessage(message.body));
        const operations = queued.reduce((sum, count) => sum + count, 0);
        if (statusCode === 200) {
          const answer = z.union([taken, health]).parse(JSON.parse(body));
          if ("status" in answer) return;
          const { success, accepted, ignored, rejected } = answer;
          expect(accepted).toBeGreaterThanOrEqual(operations + ignored);
          // A signed request that was taken before is answered as it was then, and queues nothing.
          const known = whatSignaturesProve(request);
          const isRepeated = known.some((proof) => signedAndTaken.has(proof));
          for (const proof of known) signedAndTaken.add(proof);
          if (!isRepeated) expect(success).toBe(operations > 0 || rejected.length === 0);
          return;
        }
        // LaunchDarkly's own connectors get a 204 for what was taken, browsers for their preflight.
        expect(operations > 0).toBe(statusCode === 204 && request.path.startsWith("/api/"));
        if (statusCode === 204) expect(body).toBe("");
        else expect(statusesOf(refused.parse(JSON.parse(body)).code)).toEqual([statusCode]);
        expect(statusCode).not.toBe(500);
      }),
      {
        numRuns: 1_500 * SEARCH_TIMES,
        interruptAfterTimeLimit: (IS_LONG ? 8_000 : 5_000) * SEARCH_TIMES,
        markInterruptAsFailure: false,
        examples: rare,
      },
    );
    // A test that refuses everything, or takes everything, would not have looked where it should.
    for (const status of [200, 400, 401, 404, 405, 413, 415])
      expect(statuses.get(status), `status ${status}`).toBeGreaterThan(0);
    const log = ingest.lines.join("\n");
    for (const secret of Object.values(SECRETS)) expect(log).not.toContain(secret);
  });
});

/** By what a signed request is known when it comes again: docs/adr/0010. */
function whatSignaturesProve({ headers = {}, body }: HttpRequest): string[] {
  const given = (...names: readonly string[]) => names.flatMap((name) => headers[name] ?? []);
  return [
    ...given("x-signature", "x-segment-signature").map((signature) => signature.toLowerCase()),
    ...given("webhook-id", "svix-id").map((id) => `${id} ${body}`),
  ];
}

/** The number of operations of a message, which a batcher must be able to read. */
function checkMessage(body: string): number {
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  const operations = operationsOf(audienceOperationsMessage.parse(JSON.parse(body)));
  for (const { contextKey, segment } of operations) {
    expect([contextKey, segment.id, segment.name].every((text) => text.isWellFormed())).toBe(true);
  }
  return operations.length;
}

function statusesOf(code: string): readonly number[] {
  return Object.entries(REFUSALS).flatMap(([known, status]) => (known === code ? [status] : []));
}
