import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gzippedList } from "./gzip.ts";

test("a list comes out as it was joined, whatever its texts hold", async () => {
  const json = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(json), async (items) => {
      const body = gunzipSync(await gzippedList({ before: '{"é":', items, after: "}" })).toString("utf8");
      expect(body).toBe(`{"é":[${items.join(",")}]}`);
    }),
  );
});

test("a list larger than one chunk, and hardly compressible, comes out whole", async () => {
  const items = Array.from({ length: 20_000 }, (_, at) => String(Math.sin(at)));
  expect(gunzipSync(await gzippedList({ items })).toString("utf8")).toBe(`[${items.join(",")}]`);
});
