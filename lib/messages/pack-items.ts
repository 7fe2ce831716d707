import { MAX_MESSAGE_BYTES } from "./pack.ts";

/** The most that a message takes besides its items: the names are at most 63 characters, the time 16. */
const FRAME_BYTES = 200;

/** The largest item that fits a message, in bytes of JSON whose characters beyond ASCII are escaped. */
export const MAX_ITEM_BYTES = MAX_MESSAGE_BYTES - FRAME_BYTES;

/**
 * The bodies of as few messages as the items fit into, in order. `frame` is the JSON of a message with an empty list,
 * the only one in it; items are JSON whose length is its size. Where a message ends depends on the items alone, so an
 * identical retry by the vendor is cut at the same places.
 *
 * @throws {RangeError} when one item alone is too large, which whoever made the items rules out.
 */
export function packItems(frame: string, items: Iterable<string>): string[] {
  const [head = "", tail = ""] = frame.split("[]");
  const bodies: string[] = [];
  let open: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (open.length > 0) bodies.push(`${head}[${open.join(",")}]${tail}`);
    open = [];
    bytes = 0;
  };
  for (const item of items) {
    if (item.length > MAX_ITEM_BYTES) throw new RangeError("one item is larger than a message");
    if (bytes + item.length + 1 > MAX_ITEM_BYTES) close();
    open.push(item);
    bytes += item.length + 1;
  }
  close();
  return bodies;
}
