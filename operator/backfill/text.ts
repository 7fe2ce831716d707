import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { UnreadableFileError } from "./unreadable-file.ts";

/** What is read of a file before anything of it is understood: its compression, its encoding, its format. */
export const HEAD_BYTES = 4_096;

type Chunks = AsyncIterable<Buffer>;

/**
 * The text of a file in UTF-8, without compression and byte order mark: gzip and UTF-16 are recognized by their first bytes,
 * whatever the file's name says. Bytes that are not text come through as bytes that are not UTF-8.
 * @throws {UnreadableFileError} while it is read, for gzip that is damaged or ends too early, and for other archives
 */
export async function* textOf(chunks: Chunks, name: string): AsyncGenerator<Buffer, void, undefined> {
  const { head, all } = await withHead(chunks, 4);
  const plain = isGzip(head) ? gunzipped(all, name) : all;
  const { head: start, all: rest } = await withHead(plain, HEAD_BYTES);
  const archive = ARCHIVES.find(({ magic }) => start.subarray(0, magic.length).equals(magic));
  if (archive)
    throw new UnreadableFileError(`${name} is ${archive.is}: export it as CSV, TSV or NDJSON (gzip may be).`);
  const encoding = utf16Of(start);
  yield* encoding === undefined ? withoutMark(rest) : utf8(rest, encoding, name);
}

/** The first bytes, and all of them again from the beginning. Fewer are the whole file. */
export async function withHead(
  chunks: Chunks,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly all: Chunks }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const next = await iterator.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const all = async function* (): AsyncGenerator<Buffer, void, undefined> {
    try {
      if (head.length > 0) yield head;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  };
  return { head: head.subarray(0, bytes), all: all() };
}

/** https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 */
function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Files that would be read as rows of nonsense. */
const ARCHIVES: readonly { readonly magic: Buffer; readonly is: string }[] = [
  { magic: Buffer.from("PK\u0003\u0004"), is: "a ZIP archive, as Excel's files are" },
  { magic: Buffer.from("PAR1"), is: "a Parquet file" },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), is: "compressed with Zstandard" },
  { magic: Buffer.from("BZh"), is: "compressed with bzip2" },
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), is: "compressed with xz" },
  { magic: Buffer.from("SQLite format 3\u0000"), is: "a database of SQLite" },
];

async function* gunzipped(chunks: Chunks, name: string): AsyncGenerator<Buffer, void, undefined> {
  const source = Readable.from(chunks, { objectMode: false });
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "Z_BUF_ERROR")
      throw new UnreadableFileError(
        `${name} ends in the middle of its gzip data, so in the middle of a row: get the whole file.`,
      );
    if (typeof code === "string" && code.startsWith("Z_"))
      throw new UnreadableFileError(`${name} is damaged: its gzip data cannot be read (${code}).`);
    throw error;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

type Utf16 = "utf-16le" | "utf-16be";

/** By its byte order mark; without one by zeros in every other place, which no text in UTF-8 has. */
function utf16Of(head: Buffer): Utf16 | undefined {
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return "utf-16le";
  return a === 0 && b !== 0 && c === 0 && d !== 0 ? "utf-16be" : undefined;
}

const MARK = Buffer.from("\ufeff");

/** https://www.rfc-editor.org/rfc/rfc3629#section-6 */
async function* withoutMark(chunks: Chunks): AsyncGenerator<Buffer, void, undefined> {
  let isFirst = true;
  for await (const chunk of chunks) {
    yield isFirst && chunk.subarray(0, MARK.length).equals(MARK) ? chunk.subarray(MARK.length) : chunk;
    isFirst = false;
  }
}

async function* utf8(chunks: Chunks, encoding: Utf16, name: string): AsyncGenerator<Buffer, void, undefined> {
  let left: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of chunks) {
    const bytes = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
    const whole = wholeUnits(bytes, encoding);
    left = bytes.subarray(whole);
    const text = unitsOf(bytes.subarray(0, whole), encoding);
    yield bytesOf(isFirst && text.startsWith("\ufeff") ? text.slice(1) : text);
    isFirst = false;
  }
  if (left.length % 2 === 1)
    throw new UnreadableFileError(`${name} ends in the middle of a character of UTF-16: get the whole file.`);
  if (left.length > 0) yield bytesOf(unitsOf(left, encoding));
}

/** How many of the bytes are whole characters: the first half of a pair waits for the second. */
function wholeUnits(bytes: Buffer, encoding: Utf16): number {
  const even = bytes.length - (bytes.length % 2);
  if (even < 2) return even;
  const last = encoding === "utf-16le" ? bytes.readUInt16LE(even - 2) : bytes.readUInt16BE(even - 2);
  return last >= 0xd800 && last < 0xdc00 ? even - 2 : even;
}

function unitsOf(bytes: Buffer, encoding: Utf16): string {
  // A copy, because swapping changes the bytes where they are.
  const littleEndian = encoding === "utf-16le" ? bytes : Buffer.from(bytes).swap16();
  return littleEndian.toString("utf16le");
}

/** Half of a pair is no text. UTF-8 would make U+FFFD of it, as of any other, so that two keys became one: a byte that no UTF-8 has says so. */
function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(LONE_HALF).map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [NOT_TEXT, part])));
}

const LONE_HALF = /(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/;
const NOT_TEXT = Buffer.from([0xff]);
