import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText } from "../json.ts";
import { fitsAsJson, fitsBytes, versionId } from "./limits.ts";

const unicode = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.constantFrom("\u0000", '"', "\\", "é", "😀"),
  ),
});

test("a text fits exactly when its UTF-8 does", () => {
  fc.assert(
    fc.property(unicode, fc.nat(40), (text, max) => {
      expect(fitsBytes(text, max)).toBe(Buffer.byteLength(text) <= max);
    }),
  );
});

describe("an item", () => {
  test("fits exactly when its JSON does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(200), (item, max) => {
        expect(fitsAsJson(item, max)).toBe(Buffer.byteLength(JSON.stringify(item)) <= max);
      }),
      { numRuns: 500 },
    );
  });

  test("of only escapes is measured by what they take", () => {
    expect(fitsAsJson("\u0000".repeat(5), 32)).toBe(true);
    expect(fitsAsJson("\u0000".repeat(5), 31)).toBe(false);
  });

  test("nested beyond measure does not fit, and has no text", () => {
    const nested: unknown = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
    expect(fitsAsJson(nested, 32_768)).toBe(false);
    expect(jsonText(nested)).toBeUndefined();
  });

  test("nested less deeply is measured", () => {
    const nested: unknown = JSON.parse("[".repeat(1_000) + "]".repeat(1_000));
    expect(fitsAsJson(nested, 2_000)).toBe(true);
    expect(fitsAsJson(nested, 1_999)).toBe(false);
  });
});

describe("the id of a version", () => {
  const digest = (text: string) => `digest of ${text.length}`;

  test("is the vendor's own", () => expect(versionId("node-next-1", digest)).toBe("node-next-1"));
  test("is a digest of a long one", () => expect(versionId("x".repeat(129), digest)).toBe("digest of 129"));
  test("is a digest of one that UTF-8 would change", () =>
    expect(versionId("\ud800", digest)).toBe("digest of 1"));
});
