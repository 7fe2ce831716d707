import { gzipSync } from "node:zlib";

/** A JSON list of texts that are JSON already, with the text before and after it. */
export type JsonList = {
  readonly before?: string;
  readonly items: readonly string[];
  readonly after?: string;
};

/** The fastest level costs less than half of the usual one and makes events hardly larger. */
const OPTIONS = { level: 1 } as const;

/**
 * Compresses synchronously, for a fifth of a second at most with 5 MB: in a thread of its own it takes up to twice the CPU,
 * and a function with less than one vCPU has no spare one.
 */
export function gzippedList(list: JsonList): Buffer {
  return gzipSync(bytesOf(list), OPTIONS);
}

/**
 * Writes the texts into the buffer directly: if they were joined first, a request would be in memory three times, at half
 * the cost of compressing it.
 */
function bytesOf({ before = "", items, after = "" }: JsonList): Buffer {
  const head = `${before}[`;
  const tail = `]${after}`;
  let size = Buffer.byteLength(head) + Buffer.byteLength(tail) + Math.max(0, items.length - 1);
  for (const item of items) size += Buffer.byteLength(item);
  const bytes = Buffer.allocUnsafe(size);
  let end = bytes.write(head);
  for (const [at, item] of items.entries()) {
    if (at > 0) end = bytes.writeUInt8(COMMA, end);
    end += bytes.write(item, end);
  }
  bytes.write(tail, end);
  return bytes;
}

const COMMA = 0x2c;
