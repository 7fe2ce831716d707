import { expect, test } from "vitest";
import { placeOfJsonFault } from "./json-fault.ts";

test.each([
  ['{"a": 1,}', "line 1, column 9"],
  ['{"a": }', "line 1, column 7"],
  ['{\n  "a": "x"\n  "b": "y"\n}', "line 3, column 3"],
  ['{"a": ', "line 1, column 7"],
  ["", "line 1, column 1"],
  ["no", "line 1, column 2"],
  ['{"a": "b\nc"}', "line 1, column 9"],
])("%j stops being JSON at %s", (text, place) => {
  expect(placeOfJsonFault(text)).toBe(place);
});

test.each(["{}", "[1]", '"a"', ' {"a": {"b": [null]}}\n'])("%j is JSON", (text) => {
  expect(placeOfJsonFault(text)).toBeUndefined();
});
