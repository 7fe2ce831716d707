import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gzippedList } from "./gzip.ts";

test("a list comes out as it was joined, whatever its texts hold", () => {
  const json = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  );
  fc.assert(
    fc.property(fc.array(json), (items) => {
      const body = gunzipSync(gzippedList({ before: '{"é":', items, after: "}" })).toString("utf8");
      expect(body).toBe(`{"é":[${items.join(",")}]}`);
    }),
  );
});

test("a list larger than one chunk, and hardly compressible, comes out whole", () => {
  const items = Array.from({ length: 20_000 }, (_, at) => String(Math.sin(at)));
  expect(gunzipSync(gzippedList({ items })).toString("utf8")).toBe(`[${items.join(",")}]`);
});
