import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { OperatorProblem } from "../problem.ts";

/** A file that is read once, from its beginning. */
export type Input = {
  /** As messages name it. */
  readonly name: string;
  /** Its size on disk; undefined for what has none, such as a pipe. */
  readonly totalBytes: number | undefined;
  readonly chunks: AsyncIterable<Buffer>;
  /** How much of it has been read, as {@link totalBytes} counts. */
  readonly bytesRead: () => number;
  /** Says how the file differs from the one that was opened; undefined when it does not. */
  readonly change: () => Promise<string | undefined>;
  readonly close: () => Promise<void>;
};

/** What is read at once. The rows of a larger chunk would live long enough to fill the memory. */
const CHUNK_BYTES = 64 * 1_024;

/**
 * Opens a file, or standard input by the name `-`.
 * @throws {OperatorProblem} when there is no such file, or it may not be read
 */
export async function openInput(path: string, stdin: () => Readable): Promise<Input> {
  if (path === "-") return ofStream("standard input", stdin());
  const handle = await opened(path);
  const at = await handle.stat();
  if (at.isDirectory()) {
    await handle.close();
    throw new OperatorProblem(`${path} is a folder: expected a file of rows.`);
  }
  const stream = createReadStream(path, { fd: handle, highWaterMark: CHUNK_BYTES, autoClose: false });
  const input = ofStream(path, stream);
  const close = async (): Promise<void> => {
    stream.destroy();
    await handle.close().catch(() => undefined);
  };
  if (!at.isFile()) return { ...input, close };
  return {
    ...input,
    totalBytes: at.size,
    change: async () => {
      const now = await stat(path).catch(() => undefined);
      if (now === undefined) return "it is not there any more";
      if (now.ino !== at.ino || now.dev !== at.dev) return "another file took its place";
      if (now.size !== at.size) return `its size went from ${at.size} to ${now.size} bytes`;
      return now.mtimeMs === at.mtimeMs ? undefined : "it was written to";
    },
    close,
  };
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new OperatorProblem(`There is no file ${path}.`);
    if (code === "EACCES" || code === "EPERM") throw new OperatorProblem(`${path} may not be read by you.`);
    throw error;
  }
}

function ofStream(name: string, stream: Readable): Input {
  let read = 0;
  return {
    name,
    totalBytes: undefined,
    chunks: counted(stream, (bytes) => {
      read += bytes;
    }),
    bytesRead: () => read,
    change: async () => undefined,
    // An open pipe would keep the process alive.
    close: async () => void stream.destroy(),
  };
}

async function* counted(
  stream: Readable,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    count(bytes.length);
    yield bytes;
  }
}
