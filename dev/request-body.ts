import type { IncomingMessage } from "node:http";

/**
 * The whole body; `too-large` beyond the limit, `gone` when the caller hung up in the middle.
 *
 * What is beyond the limit is read and dropped: closing the connection on a caller that is still sending would
 * take the answer away from it.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | "too-large" | "gone"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes > maxBytes) chunks.length = 0;
      else chunks.push(chunk);
    }
  } catch {
    return "gone";
  }
  return bytes > maxBytes ? "too-large" : Buffer.concat(chunks);
}
