import { isUtf8 } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { type Refusal, refuse } from "./refusal.ts";

export type EncodedBody = {
  readonly body: string | undefined;
  readonly isBase64Encoded: boolean;
  readonly contentEncoding: string | undefined;
};

/** The body as text, exactly as it was sent, for signatures are over every byte; and its size inflated. */
export type DecodedBody = { readonly kind: "decoded"; readonly text: string; readonly bytes: number };

/**
 * Decodes a body by `isBase64Encoded` and `Content-Encoding` alone: SDKs label gzipped JSON as a form, and browsers
 * send JSON as plain text. Never inflates beyond the limit, however much there is.
 */
export function decodeBody(
  { body = "", isBase64Encoded, contentEncoding }: EncodedBody,
  maxBytes: number,
): DecodedBody | Refusal {
  const encoding = contentEncoding?.trim().toLowerCase() || "identity";
  if (encoding !== "gzip" && encoding !== "identity") {
    return refuse("unsupported_encoding", "expected a Content-Encoding of gzip or identity");
  }
  if (encoding === "identity" && !isBase64Encoded) {
    const bytes = Buffer.byteLength(body);
    return bytes > maxBytes ? tooLarge(maxBytes) : { kind: "decoded", text: body, bytes };
  }
  const sent = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const inflated = encoding === "gzip" ? inflate(sent, maxBytes) : sent;
  if (!Buffer.isBuffer(inflated)) return inflated;
  if (inflated.length > maxBytes) return tooLarge(maxBytes);
  if (!isUtf8(inflated)) return refuse("malformed_body", "expected a body in UTF-8");
  return { kind: "decoded", text: inflated.toString("utf8"), bytes: inflated.length };
}

function inflate(sent: Buffer, maxBytes: number): Buffer | Refusal {
  try {
    return gunzipSync(sent, { maxOutputLength: maxBytes });
  } catch (error) {
    const passedLimit = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return passedLimit
      ? tooLarge(maxBytes)
      : refuse("malformed_body", "expected a gzip stream, as Content-Encoding says");
  }
}

function tooLarge(maxBytes: number): Refusal {
  return refuse("body_too_large", `expected at most ${maxBytes} bytes when inflated`);
}
