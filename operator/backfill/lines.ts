/** Counts the lines of a file as its rows are cut out of it, one behind the other. */
export type Lines = {
  /** Takes the next bytes of the file. */
  readonly feed: (chunk: Buffer) => void;
  /** Cuts off everything before this place of the file, and says on which line that began. */
  readonly cutBefore: (byte: number) => { readonly line: number; readonly bytes: Buffer };
  /** The line on which what was not cut begins, and its bytes. */
  readonly rest: () => { readonly line: number; readonly bytes: Buffer };
};

export function openLines(): Lines {
  /** What was not cut of the chunks before, and the last chunk. Only a row that crosses them is copied. */
  let carry: Buffer = NOTHING;
  let chunk: Buffer = NOTHING;
  /** The place in the file of the chunk's first byte, and in the chunk of the first that was not cut. */
  let start = 0;
  let from = 0;
  let line = 1;
  const rest = (): Buffer => (carry.length === 0 ? chunk.subarray(from) : Buffer.concat([carry, chunk]));
  const bytesBefore = (byte: number): Buffer => {
    if (byte < start) {
      // A parser looks ahead, so a row may end in the chunk before.
      const end = carry.length - (start - byte);
      const bytes = carry.subarray(0, end);
      carry = carry.subarray(end);
      return bytes;
    }
    const own = chunk.subarray(from, byte - start);
    const bytes = carry.length === 0 ? own : Buffer.concat([carry, own]);
    carry = NOTHING;
    from = byte - start;
    return bytes;
  };
  return {
    feed: (next) => {
      // A copy: the end of a chunk would keep all of it in memory.
      carry = Buffer.from(rest());
      start += chunk.length;
      chunk = next;
      from = 0;
    },
    cutBefore: (byte) => {
      const cut = { line, bytes: bytesBefore(byte) };
      line += lineEndsIn(cut.bytes);
      return cut;
    },
    rest: () => ({ line, bytes: rest() }),
  };
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Line ends of all three kinds: `\n`, `\r\n` and `\r`. */
function lineEndsIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) count += 1;
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1))
    if (bytes[at + 1] !== LF) count += 1;
  return count;
}

export const LF = 0x0a;
export const CR = 0x0d;
