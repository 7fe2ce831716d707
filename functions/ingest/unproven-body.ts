import { createGunzip, gunzipSync } from "node:zlib";
import type { BodyEnds, SignedBody } from "../../lib/signatures/signed-body.ts";
import { bytesAsSent, notGzip, type OpenedBody, tooLarge } from "./decode.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** The body of a request that has proved nothing. */
export type UnprovenBody = SignedBody & {
  /** What is wrong with the part of the body that was read: the request is refused for it, whoever sent it. */
  readonly fault: () => Refusal | undefined;
};

/** With Node's 16 KB, inflating 4 MB costs three times as much CPU: most of it is the way to zlib's thread and back. */
const CHUNK_BYTES = 256 * 1_024;

/**
 * What a compressed body may inflate to for somebody who has proved nothing: so many times its size as it was sent, and this
 * much in any case. JSON comes to a tenth or a fiftieth; 4 KB that hold 4 MB were made to cost us a thousand times what they
 * cost their sender. https://www.zlib.net/zlib_tech.html (1,032 to 1 is the most)
 */
const MAX_RATIO = 100;
const MIN_INFLATED_BYTES = 512_000;

/** Reads a body piece by piece. `endBytes` is what {@link SignedBody.ends} may inflate, and how much of either end it gives. */
export function unprovenBody(opened: OpenedBody, endBytes: number): UnprovenBody {
  let fault: Refusal | undefined;
  let ends: Promise<BodyEnds> | undefined;
  const readEnds = async (): Promise<BodyEnds> => {
    if (!opened.isCompressed) return endsOf(opened, endBytes);
    const sent = bytesAsSent(opened);
    const whole = inflatedWithin(sent, endBytes);
    if (whole === "malformed") fault ??= notGzip();
    if (whole === "larger" && endBytes >= opened.maxBytes) fault ??= tooLarge(opened.maxBytes);
    if (Buffer.isBuffer(whole)) return { first: whole.toString("utf8"), isWhole: true, last: "" };
    if (fault) return { first: "", isWhole: false, last: "" };
    const chunks: Buffer[] = [];
    await inflateUpTo(sent, endBytes, (chunk) => chunks.push(chunk));
    return { first: Buffer.concat(chunks, endBytes).toString("utf8"), isWhole: false, last: "" };
  };
  return {
    ends: () => {
      ends ??= readEnds();
      return ends;
    },
    each: async (take) => {
      fault ??= opened.isCompressed ? await eachInflated(opened, take) : eachAsSent(opened, take);
      return fault === undefined;
    },
    fault: () => fault,
  };
}

async function eachInflated(
  opened: OpenedBody,
  take: (chunk: Uint8Array) => void,
): Promise<Refusal | undefined> {
  const { maxBytes } = opened;
  const sent = bytesAsSent(opened);
  const budgetBytes = Math.max(MIN_INFLATED_BYTES, sent.length * MAX_RATIO);
  switch (await inflateUpTo(sent, Math.min(maxBytes, budgetBytes), take)) {
    case "ended":
      return undefined;
    case "malformed":
      return notGzip();
    case "larger":
      if (budgetBytes >= maxBytes) return tooLarge(maxBytes);
      return refuse(
        "body_too_large",
        `expected a body that inflates to at most ${MAX_RATIO} times its size, where nothing but its signature proves it`,
      );
  }
}

function eachAsSent(
  { body, isBase64Encoded, maxBytes }: OpenedBody,
  take: (chunk: Uint8Array | string) => void,
): Refusal | undefined {
  if (!isBase64Encoded) {
    if (Buffer.byteLength(body) > maxBytes) return tooLarge(maxBytes);
    take(body);
    return undefined;
  }
  let left = maxBytes;
  for (let start = 0; start < body.length; start += BASE64_CHARS) {
    const chunk = Buffer.from(body.slice(start, start + BASE64_CHARS), "base64");
    left -= chunk.length;
    if (left < 0) return tooLarge(maxBytes);
    take(chunk);
  }
  return undefined;
}

/** A chunk: four characters of base64 are three bytes. */
const BASE64_CHARS = Math.floor(CHUNK_BYTES / 3) * 4;

/** Returns the whole of a small body, without the detour through zlib's thread. */
function inflatedWithin(sent: Buffer, maxBytes: number): Buffer | "larger" | "malformed" {
  try {
    return gunzipSync(sent, { maxOutputLength: maxBytes, chunkSize: Math.min(CHUNK_BYTES, maxBytes) });
  } catch (error) {
    const passedLimit = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return passedLimit ? "larger" : "malformed";
  }
}

/** Gives no more than `maxBytes`, and inflates no more than a chunk beyond them. */
function inflateUpTo(
  sent: Buffer,
  maxBytes: number,
  take: (chunk: Buffer) => void,
): Promise<"ended" | "larger" | "malformed"> {
  return new Promise((resolve) => {
    const stream = createGunzip({ chunkSize: Math.min(CHUNK_BYTES, maxBytes) });
    let left = maxBytes;
    stream.on("data", (chunk: Buffer) => {
      if (left < 0) return;
      take(chunk.subarray(0, left));
      left -= chunk.length;
      if (left >= 0) return;
      stream.destroy();
      resolve("larger");
    });
    stream.on("end", () => resolve("ended"));
    stream.on("error", () => resolve("malformed"));
    stream.end(sent);
  });
}

function endsOf({ body, isBase64Encoded }: OpenedBody, endBytes: number): BodyEnds {
  const chars = isBase64Encoded ? Math.ceil(endBytes / 3) * 4 : endBytes;
  const textOf = (part: string) => (isBase64Encoded ? Buffer.from(part, "base64").toString("utf8") : part);
  if (body.length <= chars) return { first: textOf(body), isWhole: true, last: "" };
  // Four characters of base64 are three bytes: cut anywhere else it says something different.
  const lastStart = Math.ceil((body.length - chars) / 4) * 4;
  return { first: textOf(body.slice(0, chars)), isWhole: false, last: textOf(body.slice(lastStart)) };
}
