import { createHmac } from "node:crypto";

export const SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** The headers of Standard Webhooks for a body, with {@link SIGNING_SECRET}. */
export function standardHeaders(
  body: string,
  { id, signedAtMs }: { readonly id: string; readonly signedAtMs: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(signedAtMs / 1_000));
  const key = Buffer.from(SIGNING_SECRET.replace("whsec_", ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

/** The value of `X-Signature` for an event of Segment's, with {@link SIGNING_SECRET} as the shared secret. */
export function segmentSignature(text: string): string {
  return createHmac("sha1", SIGNING_SECRET).update(text).digest("hex");
}

/** The value of `X-LD-Signature` for a body of LaunchDarkly's, with {@link SIGNING_SECRET}. */
export function launchdarklySignature(text: string): string {
  return createHmac("sha256", SIGNING_SECRET).update(text).digest("hex");
}
