import { createHmac, type Hmac, timingSafeEqual } from "node:crypto";
import type { ReplayIdentity } from "../replays/replays.ts";
import type { SignedBody } from "./signed-body.ts";

/** How a vendor signs its webhooks. Pure; every comparison takes the same time whatever is presented. */
export type SignatureScheme = {
  /** Whether its signature may cover less than the whole body. */
  readonly maySignFirstEventOnly: boolean;
  /** The header with the signature, as the vendor writes it. */
  readonly header: string;
  /** Whether a request claims to be signed. Header names in lower case. */
  readonly isPresentIn: (headers: SignedRequest["headers"]) => boolean;
  /** Looks at the headers first: what cannot be right there fails without a look at the body. */
  readonly verify: (request: SignedRequest, secrets: readonly string[]) => Promise<SignatureVerdict>;
  /** What is wrong with a text as a signing secret; undefined when nothing is. */
  readonly secretProblem: (secret: string) => string | undefined;
};

export type SignedRequest = {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as it was sent, inflated: every byte counts. */
  readonly body: SignedBody;
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
 * LaunchDarkly's webhooks: HMAC-SHA256 of the body in hex, lower case. It has no time in it, so a request that somebody
 * recorded verifies for ever; the id of the entry makes a repetition harmless, so that none needs to be remembered.
 * https://launchdarkly.com/docs/home/infrastructure/webhooks#sign-the-webhook
 */
export const launchdarklySignature: SignatureScheme = {
  maySignFirstEventOnly: false,
  header: "X-LD-Signature",
  isPresentIn: (headers) => headers["x-ld-signature"] !== undefined,
  verify: async ({ headers, body }, secrets) => {
    const presented = headers["x-ld-signature"] ?? "";
    const matching =
      /^[0-9a-f]{64}$/.test(presented) &&
      (await signsBytes(body, {
        hmacs: secrets.map((secret) => createHmac("sha256", secret)),
        signatures: [Buffer.from(presented, "hex")],
      }));
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

const SHA256_BYTES = 32;

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
  verify: async ({ headers, body, receivedAtMs }, secrets) => {
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
      .flatMap((signature) =>
        signature.startsWith("v1,") ? [Buffer.from(signature.slice(3), "base64")] : [],
      )
      .filter((signature) => signature.length === SHA256_BYTES);
    const matching =
      presented.length > 0 &&
      (await signsBytes(body, {
        hmacs: secrets.map((secret) => createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.`)),
        signatures: presented,
      }));
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

/** Whether one of the signatures is that of the whole body, by one of the HMACs. The body is read once, whatever there are. */
export async function signsBytes(
  body: SignedBody,
  { hmacs, signatures }: { readonly hmacs: readonly Hmac[]; readonly signatures: readonly Buffer[] },
): Promise<boolean> {
  const isRead = await body.each((chunk) => {
    for (const hmac of hmacs) hmac.update(chunk);
  });
  return (
    isRead &&
    hmacs.some((hmac) => {
      const own = hmac.digest();
      return signatures.some((signature) => equal(own, signature));
    })
  );
}

export function failed(expected: string): SignatureVerdict {
  return { kind: "failed", expected };
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ""), "base64");
}

/** Lengths are no secret: they are the algorithm's. */
export function equal(own: Buffer, presented: Buffer): boolean {
  return own.length === presented.length && timingSafeEqual(own, presented);
}
