/**
 * Keeps `size` of however many items come, each with the same chance, in memory for `size` of them: Vitter's algorithm R.
 * @param random uniform in [0, 1)
 */
export function openSample<Item>(
  size: number,
  random: () => number,
): {
  readonly add: (item: Item) => void;
  readonly items: () => readonly Item[];
  readonly offered: () => number;
} {
  const kept: Item[] = [];
  let offered = 0;
  return {
    add: (item) => {
      offered += 1;
      if (kept.length < size) {
        kept.push(item);
        return;
      }
      const place = Math.floor(random() * offered);
      if (place < size) kept[place] = item;
    },
    items: () => kept,
    offered: () => offered,
  };
}
