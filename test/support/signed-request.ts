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
