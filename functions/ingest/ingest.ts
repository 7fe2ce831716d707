import type { Connection } from "../../lib/connections/schema.ts";
import { packAudienceOperations } from "../../lib/messages/pack.ts";
import type { Parsed } from "../../lib/sources/source.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import {
  type AuthenticationPorts,
  authenticateByKey,
  authenticateFor,
  type Evidence,
  type ParsedBody,
} from "./authenticate.ts";
import { type DecodedBody, decodeBody } from "./decode.ts";
import { type IngestRecord, type Outcome, recordOf } from "./record.ts";
import { type Refusal, refuse, refuseForNow } from "./refusal.ts";
import {
  type Answer,
  answerHealth,
  answerPreflight,
  answerRefused,
  answerTaken,
  withHeaders,
} from "./respond.ts";
import { CORS_HEADERS, type Route, routeOf } from "./route.ts";

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
  /** Puts messages on the audience-operations queue. One outcome per body: only what is `confirmed` is in the queue. */
  readonly send: (bodies: readonly string[]) => Promise<readonly SendOutcome[]>;
  /** Unix ms. */
  readonly now: () => number;
  /** SHA-256, in hex. */
  readonly digest: (text: string) => string;
  /** The bundle's own version. */
  readonly version: string;
};

/** `code` is the queue's or the network's, and safe to log. */
export type SendOutcome = { readonly kind: "confirmed" } | { readonly kind: "failed"; readonly code: string };

/** The answer, and what the log says of the request. */
export type Ingested = { readonly answer: Answer; readonly record: IngestRecord };

/**
 * Limits on the inflated body. The Tracking API's are Segment's own; webhooks bring up to 4,000 events at once, and
 * their senders never repeat a 413.
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size
 */
const MAX_TRACKING_BYTES = 500 * 1_024;
const MAX_TRACKING_EVENTS = 2_500;
const MAX_WEBHOOK_BYTES = 4 * 1_024 * 1_024;

/** A queue that does not take a message usually does seconds later. */
const QUEUE_RETRY_AFTER_SECONDS = 5;

/** Takes one request to its answer. Nothing is answered as taken before the queue has confirmed every message of it. */
export async function ingest(request: IngestRequest, ports: IngestPorts): Promise<Ingested> {
  const startedAtMs = ports.now();
  const route = routeOf(request);
  const outcome = await outcomeOf(route, request, ports, startedAtMs);
  const answer = answerOf(outcome, request.requestId, ports.version);
  const isForBrowsers = route.kind === "tracking" || route.kind === "preflight";
  return {
    answer: isForBrowsers ? withHeaders(answer, CORS_HEADERS) : answer,
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
    case "preflight":
      return route;
    case "tracking":
    case "connection":
      return take(route, request, ports, receivedAtMs);
  }
}

function answerOf(outcome: Outcome, requestId: string, version: string): Answer {
  switch (outcome.kind) {
    case "refused":
      return answerRefused(outcome, requestId);
    case "health":
      return answerHealth(version);
    case "preflight":
      return answerPreflight(outcome.requestedHeaders);
    case "taken":
      return answerTaken(outcome);
  }
}

type EventsRoute = Extract<Route, { readonly kind: "tracking" | "connection" }>;

async function take(
  route: EventsRoute,
  request: IngestRequest,
  ports: IngestPorts,
  receivedAtMs: number,
): Promise<Outcome> {
  const { headers, body, isBase64Encoded } = request;
  const encoded = { body, isBase64Encoded, contentEncoding: headers["content-encoding"] };
  const decoded = decodeBody(encoded, route.kind === "tracking" ? MAX_TRACKING_BYTES : MAX_WEBHOOK_BYTES);
  if (decoded.kind === "refused") return decoded;

  const evidence: Evidence = { headers, readBody: readOnce(decoded) };
  const sender = await (route.kind === "tracking"
    ? authenticateByKey(evidence, ports)
    : authenticateFor(route.name, evidence, ports));
  if (sender.kind === "refused") return sender;

  const { name, connection } = sender;
  const parsed = parse(route, decoded, evidence, { connection, receivedAtMs, digest: ports.digest });
  if (parsed.kind === "refused") return { ...parsed, connection: name };
  const { items, operations, rejected, rejectedByCode } = parsed;
  const bodies = packAudienceOperations({ connection: name, acceptedAt: receivedAtMs, operations });
  const refusal = await queue(bodies, ports.send);
  if (refusal) return { ...refusal, connection: name };
  const rejections = Object.values(rejectedByCode).reduce((sum, count) => sum + count, 0);
  return {
    kind: "taken",
    connection: name,
    accepted: items - rejections,
    rejected,
    rejectedByCode,
    messages: bodies.length,
  };
}

/** The body as JSON, parsed when it is first needed: a wrong Basic user is refused without. */
function readOnce({ text }: DecodedBody): () => ParsedBody | Refusal {
  let body: ParsedBody | Refusal | undefined;
  return () => {
    body ??= parseJson(text);
    return body;
  };
}

function parseJson(text: string): ParsedBody | Refusal {
  try {
    return { kind: "parsed", value: JSON.parse(text) };
  } catch {
    // The parser's own message quotes the body.
    return refuse("malformed_json", "expected a body of JSON");
  }
}

function parse(
  route: EventsRoute,
  { bytes }: DecodedBody,
  { readBody }: Evidence,
  known: {
    readonly connection: Connection;
    readonly receivedAtMs: number;
    readonly digest: (text: string) => string;
  },
): Extract<Parsed, { readonly kind: "understood" }> | Refusal {
  const body = readBody();
  if (body.kind === "refused") return body;
  if (route.kind === "tracking" && batchLength(body.value) > MAX_TRACKING_EVENTS) {
    return refuse("too_many_events", `batch: expected at most ${MAX_TRACKING_EVENTS} events`);
  }
  const parsed = SOURCES[known.connection.source].parse({
    ...known,
    body: body.value,
    bodyBytes: bytes,
    route: route.kind,
    call: route.kind === "tracking" ? route.call : undefined,
  });
  return parsed.kind === "malformed" ? refuse("malformed_request", parsed.message) : parsed;
}

function batchLength(body: unknown): number {
  const batch = typeof body === "object" && body !== null && "batch" in body ? body.batch : undefined;
  return Array.isArray(batch) ? batch.length : 0;
}

/** Undefined when everything is in the queue. What got there before a failure is sent again, and changes nothing twice. */
async function queue(bodies: readonly string[], send: IngestPorts["send"]): Promise<Refusal | undefined> {
  if (bodies.length === 0) return undefined;
  const outcomes = await send(bodies);
  const failures = bodies.flatMap((_, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === "confirmed") return [];
    return [outcome?.code ?? "NotAnswered"];
  });
  if (failures.length === 0) return undefined;
  return refuseForNow("queue_unavailable", "the queue did not take everything; send the same request again", {
    retryAfterSeconds: QUEUE_RETRY_AFTER_SECONDS,
    causes: [...new Set(failures)],
  });
}
