import { expect, test } from "vitest";
import { visible, visibleLines } from "./visible.ts";

test.each([
  ["an escape sequence", "\u001b[31mred", "\\u001b[31mred"],
  ["the same of the second set of controls", "\u009b31m", "\\u009b31m"],
  ["line ends and tabs", "a\r\n\tb", "a\\r\\n\\tb"],
  ["a mark that turns text around", "a\u202eb\u2066c", "a\\u202eb\\u2066c"],
  ["what has no width", "a\u200bb\ufeff", "a\\u200bb\\ufeff"],
  ["text of any script, and a pair that makes one sign", "Zoë 李 🙂 עברית", "Zoë 李 🙂 עברית"],
])("%s is made visible, and text stays", (_, text, expected) => {
  expect(visible(text)).toBe(expected);
});

test("JSON means the same afterwards", () => {
  const value = { key: "a\u007f\u0085\u202e\u2028\ufeff" };
  expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value);
});

test("of several lines the line ends stay", () => {
  expect(visibleLines("a\u0007\r\nb")).toBe("a\\u0007\\r\nb");
});
