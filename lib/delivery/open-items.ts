/**
 * Something that is sent once for one or more items of a batch: their numbers, until they are settled. Nearly always it
 * is one item, and a list for each would take a tenth of all the time that a batch takes.
 */
export type ForItems = { items: number | number[] };

/** Adds another item that the same thing is sent for. */
export function addItem(sent: ForItems, item: number): void {
  if (typeof sent.items === "number") sent.items = [sent.items, item];
  else sent.items.push(item);
}

/** Whether one of its items has no fate yet. */
export function hasOpenItems({ items }: ForItems): boolean {
  return typeof items === "number" || items.length > 0;
}

/** Returns the items to settle and empties the list: only the first fate of an item counts. */
export function takeItems(sent: ForItems, take: (item: number) => void): void {
  const { items } = sent;
  sent.items = NONE;
  if (typeof items === "number") take(items);
  else for (const item of items) take(item);
}

/** All share one frozen list: adding an item too late throws, instead of leaving the item without a fate. */
const NONE: number[] = [];
Object.freeze(NONE);
