import { expect, test } from "vitest";
import { addItem, type ForItems, takeItems } from "./open-items.ts";

const taken = (sent: ForItems): number[] => {
  const items: number[] = [];
  takeItems(sent, (item) => items.push(item));
  return items;
};

test("what is sent for several items hands over each of them once", () => {
  const sent: ForItems = { items: 3 };
  addItem(sent, 5);
  addItem(sent, 8);
  expect(taken(sent)).toEqual([3, 5, 8]);
  expect(taken(sent)).toEqual([]);
});

test("what is sent for one item hands it over once, the first as well", () => {
  const sent: ForItems = { items: 0 };
  expect(taken(sent)).toEqual([0]);
  expect(taken(sent)).toEqual([]);
});

test("an item that comes when the others are settled is not lost without a word", () => {
  const sent: ForItems = { items: 1 };
  taken(sent);
  expect(() => addItem(sent, 4)).toThrow(TypeError);
  expect(taken(sent)).toEqual([]);
});
