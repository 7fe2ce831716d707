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
  let window: Buffer = Buffer.alloc(0);
  /** The place in the file of the window's first byte, and in the window of the first that was not cut. */
  let start = 0;
  let from = 0;
  let line = 1;
  return {
    feed: (chunk) => {
      start += from;
      window = from === window.length ? chunk : Buffer.concat([window.subarray(from), chunk]);
      from = 0;
    },
    cutBefore: (byte) => {
      const cut = { line, bytes: window.subarray(from, byte - start) };
      line += lineEndsIn(cut.bytes);
      from = byte - start;
      return cut;
    },
    rest: () => ({ line, bytes: window.subarray(from) }),
  };
}

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
