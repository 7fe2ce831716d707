import type { SendParcel } from "../../lib/connections/queues.ts";
import { type Replays, requestDigest } from "../../lib/replays/replays.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import {
  type Authenticated,
  type AuthenticationPorts,
  authenticateByKey,
  authenticateByToken,
  authenticateFor,
  type Evidence,
} from "./authenticate.ts";
import { openBody } from "./decode.ts";
import { parcelsOf, queueAll } from "./queue-all.ts";
import { queueOnce } from "./queue-once.ts";
import { bodyReader } from "./read-body.ts";
import { type IngestRecord, type Outcome, recordOf } from "./record.ts";
import type { Refusal } from "./refusal.ts";
import {
  ANSWER_SEGMENT_TARGETS,
  type Answer,
  answerHealth,
  answerOpenapi,
  answerPreflight,
  answerRefused,
  answerTaken,
  forBrowsers,
  withBody,
} from "./respond.ts";
import { type EventsRoute, type Route, routeOf } from "./route.ts";
import { sumOf } from "./tally.ts";
import { understand } from "./understand.ts";
import { isForAnyone, type Vendor, vendorOf, withVendorBody } from "./vendor.ts";

/** A request as API Gateway hands it over. Header names are in lower case. */
export type IngestRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
  readonly isBase64Encoded: boolean;
  readonly requestId: string;
};

export type IngestPorts = AuthenticationPorts & {
  readonly send: SendParcel;
  /** Remembers which signed requests were taken. */
  readonly replays: Replays;
  /** Unix ms. */
  readonly now: () => number;
  /** SHA-256, in hex. */
  readonly digest: (text: string) => string;
  /** The bundle's own version. */
  readonly version: string;
  /** The OpenAPI document of this interface, as JSON. */
  readonly openapi: () => string;
};

/** The answer, and what the log says of the request. */
export type Ingested = { readonly answer: Answer; readonly record: IngestRecord };

/**
 * Limits on the inflated body. The Tracking API's is Segment's own; webhooks bring up to 4,000 events at once, and
 * their senders never repeat a 413.
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size
 */
export const MAX_TRACKING_BYTES = 500 * 1_024;
export const MAX_WEBHOOK_BYTES = 4 * 1_024 * 1_024;

/**
 * How much of a body's ends is read for somebody who has proved nothing: of a webhook what its first event, its key, or
 * mParticle's account stand in; of the Tracking API everything, for SDKs that compress may write their key last.
 */
const WEBHOOK_END_BYTES = 64 * 1_024;

/** Answers one request. It answers 200 only after the queue has confirmed every message. */
export async function ingest(request: IngestRequest, ports: IngestPorts): Promise<Ingested> {
  const startedAtMs = ports.now();
  const route = routeOf(request);
  const outcome = await outcomeOf(route, request, ports, startedAtMs);
  const answer = answerOf(outcome, route, request, ports);
  return {
    answer: forBrowsers(answer, route),
    record: recordOf(outcome, route, answer.statusCode, { request, ms: ports.now() - startedAtMs }),
  };
}

async function outcomeOf(
  route: Route | Refusal,
  request: IngestRequest,
  ports: IngestPorts,
  receivedAtMs: number,
): Promise<Outcome> {
  switch (route.kind) {
    case "refused":
    case "health":
    case "openapi":
    case "preflight":
      return route;
    case "tracking":
    case "connection":
    case "segment-targets":
      return take(route, request, ports, receivedAtMs);
  }
}

function answerOf(
  outcome: Outcome,
  route: Route | Refusal,
  { requestId }: IngestRequest,
  { version, openapi }: IngestPorts,
): Answer {
  switch (outcome.kind) {
    case "refused":
      return withBody(answerRefused(outcome, requestId), outcome.vendorBody);
    case "health":
      return answerHealth(version);
    case "openapi":
      return answerOpenapi(openapi());
    case "preflight":
      return answerPreflight(outcome.requestedHeaders);
    case "taken":
      if (route.kind === "segment-targets") return ANSWER_SEGMENT_TARGETS;
      return withBody(answerTaken(outcome), outcome.vendorBody);
  }
}

async function take(
  route: EventsRoute,
  request: IngestRequest,
  ports: IngestPorts,
  receivedAtMs: number,
): Promise<Outcome> {
  const { headers, body, isBase64Encoded, requestId } = request;
  const vendor = vendorOf(route, ports.connections);
  const encoded = { body, isBase64Encoded, contentEncoding: headers["content-encoding"] };
  const opened = openBody(encoded, route.kind === "tracking" ? MAX_TRACKING_BYTES : MAX_WEBHOOK_BYTES);
  if (opened.kind === "refused")
    return withVendorBody(ofConnection(opened, vendor), vendor, {
      peek: async () => undefined,
      receivedAtMs,
      requestId,
    });
  const { unproven, readBody, peek } = bodyReader(opened, {
    endBytes: route.kind === "tracking" ? MAX_TRACKING_BYTES : WEBHOOK_END_BYTES,
    jsonOf: vendor?.source.jsonOf,
  });
  const outcome =
    vendor && (await isForAnyone(vendor, peek))
      ? nothingTaken(vendor)
      : await takeProven(route, { headers, body: unproven, readBody, receivedAtMs, requestId }, ports);
  return withVendorBody(ofConnection(outcome, vendor), vendor, { peek, receivedAtMs, requestId });
}

/** A refusal counts for the connection that the path names, although the sender is unproven: an operator looks there first. */
function ofConnection(outcome: Outcome, vendor: Vendor | undefined): Outcome {
  return outcome.kind === "refused" && vendor ? { ...outcome, connection: vendor.name } : outcome;
}

async function takeProven(
  route: EventsRoute,
  evidence: Evidence & { readonly requestId: string },
  ports: IngestPorts,
): Promise<Outcome> {
  const sender = await authenticate(route, evidence, ports);
  if (sender.kind === "refused") return sender;
  const { name, connection, provenBy, signedAtMs, replay } = sender;
  const body = await evidence.readBody();
  if (body.kind === "refused") return { ...body, connection: name };
  const { receivedAtMs, requestId } = evidence;
  const { connections, digest } = ports;
  const proven = { connection, provenBy, signedAtMs };
  const request = { body: body.value, bodyBytes: body.bytes, ...proven, receivedAtMs, digest };
  const understood = understand(route, request, connections);
  if (understood.kind === "refused") return { ...understood, connection: name };
  const { items, erasures, ignoredByKind, rejected, rejectedByCode } = understood;
  const from = { connection: name, acceptedAt: receivedAtMs, requestId };
  const parcels = parcelsOf(understood, connection, from);
  const messages = parcels.reduce((sum, { bodies }) => sum + bodies.length, 0);
  const isRemembered = SOURCES[connection.source].isBodyOfOneRequest?.(body.value) ?? true;
  // A request that queues nothing need not be remembered: repeating it is harmless.
  const remembered = messages > 0 && isRemembered ? replay : undefined;
  const key = remembered && {
    connection: name,
    digest: requestDigest(remembered, body.text, digest),
  };
  const queued = await queueOnce(key, () => queueAll(parcels, ports.send), ports);
  if (queued.kind === "refused") return { ...queued, connection: name };
  return {
    kind: "taken",
    connection: name,
    accepted: items - sumOf(rejectedByCode),
    ignoredByKind,
    rejected,
    rejectedByCode,
    ...(erasures.length > 0 && { erasures: erasures.length }),
    ...(queued.kind === "repeated" ? { messages: 0, repeated: true } : { messages }),
    ...(queued.kind === "queued" && queued.causes && { causes: queued.causes }),
  };
}

function authenticate(
  route: EventsRoute,
  evidence: Evidence,
  ports: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  switch (route.kind) {
    case "tracking":
      return authenticateByKey(evidence, ports);
    case "connection":
      return authenticateFor(route.name, evidence, ports);
    case "segment-targets":
      return authenticateByToken(route.integration, evidence, ports);
  }
}

function nothingTaken({ name }: Vendor): Outcome {
  return {
    kind: "taken",
    connection: name,
    accepted: 0,
    ignoredByKind: {},
    rejected: [],
    rejectedByCode: {},
    messages: 0,
  };
}
