import fc from "fast-check";
import { expect, test } from "vitest";
import { openSample } from "./sample.ts";

test("a sample has as many items as were wanted, or all, and each of them once", () => {
  const draws = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(fc.nat(50), fc.nat(200), draws, (size, count, drawn) => {
      let next = 0;
      const sample = openSample<number>(size, () => drawn[next++ % drawn.length] ?? 0);
      for (let item = 0; item < count; item += 1) sample.add(item);
      expect(sample.items()).toHaveLength(Math.min(size, count));
      expect(new Set(sample.items()).size).toBe(sample.items().length);
      expect(sample.offered()).toBe(count);
    }),
  );
});
