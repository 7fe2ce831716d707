import { gunzipSync } from "node:zlib";
import { isObject, type Json, readJson } from "../../lib/json.ts";

/** https://github.com/PostHog/posthog/tree/master/rust/capture */
export const POSTHOG_LIMITS = {
  batchBytes: 20 * 1024 * 1024,
  /** Of a body on one of the doors for single events. */
  singleBytes: 2 * 1024 * 1024,
  eventBytes: 1_000_000,
  distinctIdChars: 200,
  keyBytes: 64,
  futureMs: 23 * 3_600_000,
} as const;

/** An event as it is kept: what was sent, with the fields that PostHog settles itself. */
export type CapturedEvent = Json & {
  readonly event: string;
  readonly distinct_id: string;
  readonly timestamp: string;
  readonly uuid?: string;
};

export type Captured =
  | { readonly kind: "captured"; readonly key: string; readonly events: readonly CapturedEvent[] }
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

/**
 * Reads a capture request as PostHog does: the bytes tell whether it is gzip and the shape whether it is a batch, and one
 * bad event refuses everything. The key's shape is all that is looked at.
 */
export function readCapture(
  bytes: Buffer,
  { maxBytes, nowMs }: { readonly maxBytes: number; readonly nowMs: number },
): Captured {
  const text = inflated(bytes, maxBytes);
  if (text === "too-large") return refused(413, `maximum event size exceeded: ${maxBytes}`);
  const body = text === undefined ? undefined : readJson(text);
  if (body === undefined) return refused(400, "failed to parse request: invalid JSON or encoding");
  const request = isObject(body) ? body : {};
  const isBatch = "batch" in request;
  const sent: unknown[] = Array.isArray(body) ? body : isBatch ? listOf(request.batch) : [body];
  if (sent.length === 0) return refused(400, "empty batch of events");
  const key = keyOf(isBatch ? [request] : sent);
  if (key.kind === "refused") return key;

  const skewMs = isBatch ? skewOf(request.sent_at, nowMs) : 0;
  const events: CapturedEvent[] = [];
  for (const one of sent) {
    const read = readEvent(one, { skewMs, nowMs });
    if (read.kind === "refused") return read;
    events.push({
      ...read.event,
      ...(request.historical_migration === true && { historical_migration: true }),
    });
  }
  return { kind: "captured", key: key.key, events };
}

function readEvent(
  sent: unknown,
  clock: { readonly skewMs: number; readonly nowMs: number },
): { readonly kind: "event"; readonly event: CapturedEvent } | (Captured & { kind: "refused" }) {
  if (!isObject(sent)) return refused(400, "failed to parse request: an event is no object");
  if (Buffer.byteLength(JSON.stringify(sent)) > POSTHOG_LIMITS.eventBytes)
    return refused(413, `maximum event size exceeded: ${POSTHOG_LIMITS.eventBytes}`);
  const { api_key: _key, token: _token, $token: _dollarToken, $distinct_id: other, ...rest } = sent;
  if (typeof sent.event !== "string" || sent.event === "")
    return refused(400, "event submitted with an empty event name");
  const properties = isObject(sent.properties) ? sent.properties : {};
  const id = [sent.distinct_id, other, properties.distinct_id].find(
    (one) => one !== undefined && one !== null,
  );
  const distinctId = typeof id === "string" ? id : id === undefined ? "" : JSON.stringify(id);
  if (distinctId.trim() === "") return refused(400, "event submitted without a distinct_id");
  const { uuid } = sent;
  if (uuid !== undefined && uuid !== "" && !(typeof uuid === "string" && UUID.test(uuid)))
    return refused(400, "failed to parse request: invalid uuid");
  const skewMs = properties.$ignore_sent_at === true ? 0 : clock.skewMs;
  const event = {
    ...rest,
    event: sent.event,
    distinct_id: distinctId.slice(0, POSTHOG_LIMITS.distinctIdChars),
    timestamp: timestampOf(sent.timestamp, { ...clock, skewMs }),
    ...(typeof uuid === "string" && uuid !== "" && { uuid: uuid.toLowerCase() }),
  };
  return { kind: "event", event };
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** What cannot be read, or lies too far ahead, is now. A `sent_at` moves a time by how far the sender's clock is off. */
function timestampOf(sent: unknown, { skewMs, nowMs }: { readonly skewMs: number; readonly nowMs: number }) {
  const atMs = typeof sent === "string" ? Date.parse(sent) : Number.NaN;
  const movedMs = atMs - skewMs;
  if (Number.isNaN(atMs) || movedMs > nowMs + POSTHOG_LIMITS.futureMs) return new Date(nowMs).toISOString();
  return skewMs === 0 ? String(sent) : new Date(movedMs).toISOString();
}

function skewOf(sentAt: unknown, nowMs: number): number {
  const sentAtMs = typeof sentAt === "string" ? Date.parse(sentAt) : Number.NaN;
  return Number.isNaN(sentAtMs) ? 0 : sentAtMs - nowMs;
}

function keyOf(
  carriers: readonly unknown[],
): { readonly kind: "key"; readonly key: string } | (Captured & { kind: "refused" }) {
  const keys = new Set(
    carriers.map((one) => {
      const { api_key: apiKey, token, $token: dollarToken } = isObject(one) ? one : {};
      const key = [apiKey, token, dollarToken].find((value) => value !== undefined);
      return typeof key === "string" ? key.trim() : "";
    }),
  );
  const [key = ""] = keys;
  if (keys.size > 1) return refused(401, "all events submitted must use the same api_key");
  if (key === "") return refused(401, "event submitted without an api_key");
  if (key.startsWith("phx_")) return refused(401, "API key is not valid: personal_api_key");
  if (key.length > POSTHOG_LIMITS.keyBytes) return refused(401, "API key is not valid: too_long");
  if (!/^[\x20-\x7e]+$/.test(key)) return refused(401, "API key is not valid: not_ascii");
  return { kind: "key", key };
}

/** Undefined when it is no gzip although its first bytes say so. */
function inflated(bytes: Buffer, maxBytes: number): string | "too-large" | undefined {
  if (bytes.length > maxBytes) return "too-large";
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString("utf8");
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes }).toString("utf8");
  } catch (error) {
    return error instanceof RangeError ? "too-large" : undefined;
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function refused(status: number, message: string): Captured & { kind: "refused" } {
  return { kind: "refused", status, message };
}
