import { seededThrows } from "../../dev/sandbox/seeded-throws.ts";

/** Chance with a seed: every decision of a run is drawn from it, so that a run can be had again. */
export type Dice = {
  readonly chance: (probability: number) => boolean;
  /** A whole number from `least` to `most`, both included. */
  readonly between: (least: number, most: number) => number;
  readonly pick: <Item>(items: readonly [Item, ...Item[]]) => Item;
};

export function createDice(seed: number): Dice {
  const next = seededThrows(seed);
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    chance: (probability) => next() < probability,
    between,
    pick: (items) => items[between(0, items.length - 1)] ?? items[0],
  };
}
