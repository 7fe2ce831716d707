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

/** How to read a body that neither its headers nor its length rule out. Nothing of it has been read yet. */
export type OpenedBody = {
  readonly kind: "opened";
  readonly body: string;
  readonly isBase64Encoded: boolean;
  readonly isCompressed: boolean;
  readonly maxBytes: number;
};

/** Checks a body without reading it: its encoding is known, and it is not too long as it was sent. */
export function openBody(
  { body = "", isBase64Encoded, contentEncoding }: EncodedBody,
  maxBytes: number,
): OpenedBody | Refusal {
  const encoding = contentEncoding?.trim().toLowerCase() || "identity";
  if (encoding !== "gzip" && encoding !== "identity") {
    return refuse("unsupported_encoding", "expected a Content-Encoding of gzip or identity");
  }
  const isCompressed = encoding === "gzip";
  // Every character is a byte or more; of base64 four are three bytes, of which the last two may be padding.
  const leastBytes = isBase64Encoded ? Math.floor(body.length / 4) * 3 - 2 : body.length;
  if (!isCompressed && leastBytes > maxBytes) return tooLarge(maxBytes);
  return { kind: "opened", body, isBase64Encoded, isCompressed, maxBytes };
}

/**
 * The whole of an opened body, for a sender that has proved something; by `isBase64Encoded` and `Content-Encoding` alone: SDKs
 * label gzipped JSON as a form, and browsers send JSON as plain text. Never inflates beyond the limit, however much there is.
 */
export function decodeOpened(opened: OpenedBody): DecodedBody | Refusal {
  const { body, isBase64Encoded, isCompressed, maxBytes } = opened;
  if (!isCompressed && !isBase64Encoded) {
    const bytes = Buffer.byteLength(body);
    return bytes > maxBytes ? tooLarge(maxBytes) : { kind: "decoded", text: body, bytes };
  }
  const sent = bytesAsSent(opened);
  const inflated = isCompressed ? inflate(sent, maxBytes) : sent;
  if (!Buffer.isBuffer(inflated)) return inflated;
  if (inflated.length > maxBytes) return tooLarge(maxBytes);
  if (!isUtf8(inflated)) return refuse("malformed_body", "expected a body in UTF-8");
  return { kind: "decoded", text: inflated.toString("utf8"), bytes: inflated.length };
}

/** The body's bytes before inflating. */
export function bytesAsSent({ body, isBase64Encoded }: OpenedBody): Buffer {
  return Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
}

function inflate(sent: Buffer, maxBytes: number): Buffer | Refusal {
  try {
    return gunzipSync(sent, { maxOutputLength: maxBytes });
  } catch (error) {
    const passedLimit = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return passedLimit ? tooLarge(maxBytes) : notGzip();
  }
}

export function notGzip(): Refusal {
  return refuse("malformed_body", "expected a gzip stream, as Content-Encoding says");
}

export function tooLarge(maxBytes: number): Refusal {
  return refuse("body_too_large", `expected at most ${maxBytes} bytes when inflated`);
}
