import { describe, expect, test } from "vitest";
import { pagesSideBySide } from "./pages-side-by-side.ts";

/** Sources of numbered pages that say how many of them were asked for, and how many are being read at once. */
function counting(sources: number, pagesOfEach: number) {
  const counts = { asked: 0, reading: 0, most: 0 };
  const source = async function* (nth: number) {
    for (let page = 0; page < pagesOfEach; page += 1) {
      counts.asked += 1;
      counts.reading += 1;
      counts.most = Math.max(counts.most, counts.reading);
      await new Promise(setImmediate);
      counts.reading -= 1;
      yield `${nth}.${page}`;
    }
  };
  return { counts, sources: Array.from({ length: sources }, (_, nth) => source(nth)) };
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

describe("the pages of several sources", () => {
  test("come each once, those of one source in their order", async () => {
    const { sources, counts } = counting(10, 5);
    const pages: string[] = [];
    for await (const page of pagesSideBySide(sources, 3)) pages.push(page);
    expect(pages).toHaveLength(50);
    expect(new Set(pages).size).toBe(50);
    expect(pages.filter((page) => page.startsWith("7."))).toEqual(["7.0", "7.1", "7.2", "7.3", "7.4"]);
    expect(counts.most).toBe(3);
  });

  test("are none of no source, and all of fewer sources than may be read at once", async () => {
    for await (const page of pagesSideBySide([], 3)) expect(page).toBeUndefined();
    const pages: string[] = [];
    for await (const page of pagesSideBySide(counting(2, 2).sources, 5)) pages.push(page);
    expect(pages.toSorted()).toEqual(["0.0", "0.1", "1.0", "1.1"]);
  });

  test("are not asked for faster than they are taken", async () => {
    const { sources, counts } = counting(4, 100);
    const pages = pagesSideBySide(sources, 4);
    for (let taken = 1; taken <= 10; taken += 1) {
      await pages.next();
      await settled();
      expect(counts.asked).toBeLessThanOrEqual(taken + 4);
    }
  });

  test("end with every page that was asked for when their reader stops", async () => {
    const { sources, counts } = counting(8, 100);
    for await (const _ of pagesSideBySide(sources, 4)) break;
    const { asked } = counts;
    expect(counts.reading).toBe(0);
    await settled();
    expect(counts.asked).toBe(asked);
  });

  test("reject as soon as one cannot be read, also where it failed while the reader was busy", async () => {
    const failing = async function* () {
      yield "first";
      throw new Error("gone");
    };
    const read: string[] = [];
    const reading = async () => {
      for await (const page of pagesSideBySide([failing()], 2)) {
        read.push(page);
        await settled();
      }
    };
    await expect(reading()).rejects.toThrow("gone");
    expect(read).toEqual(["first"]);
  });
});
