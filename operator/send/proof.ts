import { createHmac } from "node:crypto";
import type { SampleFacts, VendorRequest } from "./sample.ts";

/**
 * The headers by which a vendor proves that it is the sender: its signature where it signs and the connection has a signing secret, else
 * a write key or a token. mParticle has its key in the body.
 */
export function proofOf(
  { body, path }: VendorRequest,
  { connection, secret, id, nowMs }: SampleFacts,
): Readonly<Record<string, string>> {
  const [signingSecret] = secret.signingSecrets ?? [];
  if (signingSecret !== undefined) return signed(connection.source, { body, signingSecret, id, nowMs });
  const [writeKey] = secret.writeKeys ?? [];
  const [token] = secret.tokens ?? [];
  if (writeKey !== undefined && !path.startsWith("/api/"))
    return { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}` };
  if (token === undefined || connection.source === "mparticle") return {};
  if (connection.header !== undefined && path.startsWith("/c/")) return { [connection.header]: token };
  return { authorization: path.startsWith("/c/") ? `Bearer ${token}` : token };
}

type Signed = {
  readonly body: string;
  readonly signingSecret: string;
  readonly id: string;
  readonly nowMs: number;
};

/** lib/signatures checks them, and links what defines them. */
function signed(
  source: SampleFacts["connection"]["source"],
  { body, signingSecret, id, nowMs }: Signed,
): Readonly<Record<string, string>> {
  switch (source) {
    case "segment":
      return { "x-signature": createHmac("sha1", signingSecret).update(body).digest("hex") };
    case "launchdarkly":
      return { "x-ld-signature": createHmac("sha256", signingSecret).update(body).digest("hex") };
    case "flagbridge": {
      const key = Buffer.from(signingSecret.replace(/^whsec_/, ""), "base64");
      const timestamp = String(Math.floor(nowMs / 1_000));
      const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
      return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${signature}`,
      };
    }
    case "rudderstack":
    case "tealium":
    case "zeotap":
    case "amplitude":
    case "mixpanel":
    case "mparticle":
    case "posthog":
      return {};
  }
}
