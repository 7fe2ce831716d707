import { createHmac, timingSafeEqual } from "node:crypto";
import { isObject } from "../json.ts";
import type { ReplayIdentity } from "../replays/replays.ts";
import { firstElement } from "./first-element.ts";

/** How a vendor signs its webhooks. Pure; every comparison takes the same time whatever is presented. */
export type SignatureScheme = {
  /** Whether its signature may cover less than the whole body. */
  readonly maySignFirstEventOnly: boolean;
  /** The header with the signature, as the vendor writes it. */
  readonly header: string;
  /** Whether a request claims to be signed. Header names in lower case. */
  readonly isPresentIn: (headers: SignedRequest["headers"]) => boolean;
  readonly verify: (request: SignedRequest, secrets: readonly string[]) => SignatureVerdict;
  /** What is wrong with a text as a signing secret; undefined when nothing is. */
  readonly secretProblem: (secret: string) => string | undefined;
};

export type SignedRequest = {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as it was sent, inflated: every byte counts. */
  readonly text: string;
  /** Unix ms. */
  readonly receivedAtMs: number;
};

/** `first-event`: the body is a list of several events, and whoever knows one signed event can forge the others. */
export type SignatureVerdict =
  | {
      readonly kind: "verified";
      readonly covers: "everything" | "first-event";
      /** When the sender signed it, Unix ms; absent where its signatures have no time. */
      readonly signedAtMs?: number;
      /** By what the request is known when it comes again; absent where a repetition changes nothing anyway. */
      readonly replay?: ReplayIdentity;
    }
  | { readonly kind: "failed"; readonly expected: string };

/**
 * Segment's webhooks: HMAC-SHA1 in hex of the JSON it serialized. `X-Signature` is over the event, of a batch over
 * the first one alone; `X-Segment-Signature`, which the Webhook Audiences destination can send in its place, over the
 * whole batch. The bytes that came are tried first, then what parsing and serializing makes of them, which is how
 * Segment's documentation verifies, then the same without its `extras`.
 * https://segment.com/docs/connections/destinations/catalog/actions-webhook/
 * https://github.com/segmentio/action-destinations/blob/main/packages/destination-actions/src/destinations/webhook-audiences/index.ts
 */
export const segmentSignature: SignatureScheme = {
  maySignFirstEventOnly: true,
  header: "X-Signature",
  isPresentIn: (headers) =>
    headers["x-segment-signature"] !== undefined || headers["x-signature"] !== undefined,
  verify: ({ headers, text }, secrets) => {
    const ofEverything = headers["x-segment-signature"];
    const first = ofEverything === undefined ? firstElement(text) : undefined;
    const presented = ofEverything ?? headers["x-signature"] ?? "";
    if (!signsSomeForm(presented, first?.text ?? text, secrets))
      return failed(
        "X-Signature: expected the HMAC-SHA1 of the event in hex, by one of the connection's signingSecrets",
      );
    // Hex in either case is one signature.
    const replay = { scheme: "segment", proven: presented.toLowerCase() } as const;
    return first?.isOnly === false
      ? { kind: "verified", covers: "first-event", replay: { ...replay, standsFor: "several-bodies" } }
      : { kind: "verified", covers: "everything", replay: { ...replay, standsFor: "one-body" } };
  },
  secretProblem: () => undefined,
};

function signsSomeForm(presented: string, text: string, secrets: readonly string[]): boolean {
  if (!/^[0-9a-f]{40}$/i.test(presented)) return false;
  const signature = Buffer.from(presented, "hex");
  for (const form of signedForms(text)) {
    if (secrets.some((secret) => equal(createHmac("sha1", secret).update(form).digest(), signature)))
      return true;
  }
  return false;
}

/** Asked for one by one: nearly every signature is that of the bytes. */
function* signedForms(text: string): Generator<string> {
  yield text;
  let value: unknown;
  try {
    value = JSON.parse(text);
    yield JSON.stringify(value);
    yield JSON.stringify(Array.isArray(value) ? value.map(withoutExtras) : withoutExtras(value));
  } catch (error) {
    // Not JSON, or nested too deeply to be written again: then there is no other form.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
}

/**
 * An event without the members that Webhook Audiences merged into it after it had signed: those that its setting
 * `extras`, a JSON text, names. Nobody signed their values, so extras that could be read as the event do not count.
 */
function withoutExtras(event: unknown): unknown {
  const names = extraNames(event);
  if (!isObject(event) || names.size === 0) return event;
  return Object.fromEntries(Object.entries(event).filter(([name]) => !names.has(name)));
}

function extraNames(event: unknown): ReadonlySet<string> {
  const text = ["context", "personas", "audience_settings", "extras"].reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    event,
  );
  if (typeof text !== "string") return new Set();
  try {
    const extras: unknown = JSON.parse(text);
    const names = isObject(extras) ? Object.keys(extras) : [];
    return new Set(names.some((name) => EVENT_FIELDS.has(name)) ? [] : names);
  } catch {
    return new Set();
  }
}

/** What an event of Segment's is made of, and so may be read. https://segment.com/docs/connections/spec/common/ */
const EVENT_FIELDS: ReadonlySet<string> = new Set([
  "anonymousId",
  "batch",
  "category",
  "channel",
  "context",
  "event",
  "groupId",
  "integrations",
  "messageId",
  "name",
  "originalTimestamp",
  "previousId",
  "properties",
  "receivedAt",
  "sentAt",
  "timestamp",
  "traits",
  "type",
  "userId",
  "version",
  "writeKey",
]);

/**
 * LaunchDarkly's webhooks: HMAC-SHA256 of the body in hex, lower case. It has no time in it, so a request that somebody
 * recorded verifies for ever; the id of the entry makes a repetition harmless, so that none needs to be remembered.
 * https://launchdarkly.com/docs/home/infrastructure/webhooks#sign-the-webhook
 */
export const launchdarklySignature: SignatureScheme = {
  maySignFirstEventOnly: false,
  header: "X-LD-Signature",
  isPresentIn: (headers) => headers["x-ld-signature"] !== undefined,
  verify: ({ headers, text }, secrets) => {
    const presented = headers["x-ld-signature"] ?? "";
    const signature = Buffer.from(/^[0-9a-f]{64}$/.test(presented) ? presented : "", "hex");
    const matching = secrets.some((secret) =>
      equal(createHmac("sha256", secret).update(text).digest(), signature),
    );
    return matching
      ? { kind: "verified", covers: "everything" }
      : failed(
          "X-LD-Signature: expected the HMAC-SHA256 of the body, byte for byte, in lower-case hex, by one of the connection's signingSecrets",
        );
  },
  secretProblem: () => undefined,
};

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity */
const TOLERANCE_SECONDS = 300;

/** A secret is at least 24 random bytes. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
const MIN_SECRET_BYTES = 24;

/**
 * Standard Webhooks 1.0.0: HMAC-SHA256 of `id.timestamp.body` in base64, a list of them while the sender changes
 * secrets, at most five minutes old or ahead. Svix calls the same headers `svix-*`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const standardWebhooks: SignatureScheme = {
  maySignFirstEventOnly: false,
  header: "webhook-signature",
  isPresentIn: (headers) =>
    headers["webhook-signature"] !== undefined || headers["svix-signature"] !== undefined,
  verify: ({ headers, text, receivedAtMs }, secrets) => {
    const prefix = headers["webhook-signature"] === undefined ? "svix" : "webhook";
    const [id, timestamp, signatures = ""] = ["id", "timestamp", "signature"].map(
      (name) => headers[`${prefix}-${name}`],
    );
    if (!id || timestamp === undefined || !/^\d{1,15}$/.test(timestamp)) {
      return failed(`${prefix}-id and ${prefix}-timestamp: expected an id and a Unix time in seconds`);
    }
    if (Math.abs(Math.floor(receivedAtMs / 1_000) - Number(timestamp)) > TOLERANCE_SECONDS) {
      return failed(`${prefix}-timestamp: expected a time within ${TOLERANCE_SECONDS} seconds of now`);
    }
    const presented = signatures
      .split(" ")
      .flatMap((signature) => (signature.startsWith("v1,") ? [signature.slice(3)] : []));
    const matching = secrets.some((secret) => {
      const own = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${text}`).digest();
      return presented.some((signature) => equal(own, Buffer.from(signature, "base64")));
    });
    return matching
      ? {
          kind: "verified",
          covers: "everything",
          signedAtMs: Number(timestamp) * 1_000,
          // The id of a message is that of its repetitions too, which are signed anew. A sender that gives every message
          // the same id breaks the specification, and must not lose what it sends.
          replay: { scheme: "standard-webhooks", proven: id, standsFor: "several-bodies" },
        }
      : failed(
          `${prefix}-signature: expected v1, and the HMAC-SHA256 of id.timestamp.body in base64, by one of the connection's signingSecrets`,
        );
  },
  secretProblem: (secret) =>
    /^(whsec_)?[A-Za-z0-9+/]+={0,2}$/.test(secret) && keyOf(secret).length >= MIN_SECRET_BYTES
      ? undefined
      : `expected whsec_ and at least ${MIN_SECRET_BYTES} random bytes in base64: make one with: echo "whsec_$(openssl rand -base64 32)"`,
};

function failed(expected: string): SignatureVerdict {
  return { kind: "failed", expected };
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ""), "base64");
}

/** Lengths are no secret: they are the algorithm's. */
function equal(own: Buffer, presented: Buffer): boolean {
  return own.length === presented.length && timingSafeEqual(own, presented);
}
