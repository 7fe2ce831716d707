import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const SOURCES = ["segment", "rudderstack", "tealium", "zeotap", "amplitude", "mixpanel", "mparticle"];

test.each([
  ["a letter that is missing", "segmnt", "segment"],
  ["a letter too many", "segmentt", "segment"],
  ["another letter", "tealiun", "tealium"],
  ["two letters that are swapped", "zeotpa", "zeotap"],
  ["letters of the other case", "MixPanel", "mixpanel"],
  ["several of these", "Rudersatck", "rudderstack"],
  ["the word itself", "segment", "segment"],
])("%s does not hide what was meant", (_name, written, meant) => {
  expect(nearest(written, SOURCES)).toBe(meant);
});

test.each(["hightouch", "", "s", "segmentation-of-customers", "x".repeat(10_000)])(
  "nothing is made up for %.20s",
  (written) => {
    expect(nearest(written, SOURCES)).toBeUndefined();
  },
);

test("a short word may have one letter wrong", () => {
  expect(nearest("ot", ["to", "writer"])).toBe("to");
  expect(nearest("us", ["to", "eu"])).toBeUndefined();
});
