import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { segmentKeyOf } from "./segment-key.ts";

describe("the key of a segment", () => {
  test.each(["vip", "aud_2f.B-1", "7", "x".repeat(100)])("is its id where that can be one (%s)", (id) => {
    expect(segmentKeyOf(id)).toBe(id);
  });

  test.each([
    ["Big spenders", "Big-spenders-80123e97"],
    ["Größe > 40 €", "Gro-e-40-801cda57"],
    ["_x", "x-a01e47cb"],
    ["日本", "segment-cf2abf0c"],
    ["x".repeat(101), `${"x".repeat(91)}-c675a2e6`],
  ])("is else what of it can stand in one, and the start of its SHA-256 (%s)", (id, key) => {
    expect(segmentKeyOf(id)).toBe(key);
  });

  test("is one that LaunchDarkly takes, and keeps ids apart that look alike, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "binary" }), (id) => {
        expect(segmentKeyOf(id)).toMatch(/^[A-Za-z0-9][\w.-]{0,99}$/);
        expect(segmentKeyOf(`${id} `)).not.toBe(segmentKeyOf(`${id}/`));
      }),
    );
  });
});
