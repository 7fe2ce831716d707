import { describe, expect, test } from "vitest";
import { contextKeyOf, contextKindOf, segmentTextOf } from "./context.ts";

const halfPair = "expected valid Unicode, found half of a surrogate pair";

describe("a context key", () => {
  test("is kept as it is", () => expect(contextKeyOf(" Ä/😀 ", "userId")).toBe(" Ä/😀 "));

  test.each([
    ["a number", 42, "expected a text"],
    ["an object", {}, "expected a text"],
    ["too long", "é".repeat(1_025), "expected at most 2048 bytes"],
    ["half a surrogate pair", "a\ud83d", halfPair],
  ])("that is %s is refused with its field", (_name, key, expected) => {
    expect(contextKeyOf(key, "userId")).toEqual({
      kind: "fault",
      code: "invalid_context_key",
      field: "userId",
      expected,
    });
  });
});

describe("the id or name of a segment", () => {
  test.each([
    ["missing", undefined, "expected a text that is not empty"],
    ["empty", "", "expected a text that is not empty"],
    ["too long", "x".repeat(1_025), "expected at most 1024 bytes"],
    ["half a surrogate pair", "\udc00", halfPair],
  ])("that is %s is refused with its field", (_name, text, expected) => {
    expect(segmentTextOf(text, "segment.id")).toEqual({
      kind: "fault",
      code: "invalid_segment",
      field: "segment.id",
      expected,
    });
  });
});

describe("an operation's own context kind", () => {
  test("is taken where the integration carries kinds", () => {
    expect(contextKindOf("device", "contextKind", undefined)).toBe("device");
  });

  test("is refused where the integration carries another only", () => {
    expect(contextKindOf("device", "contextKind", "user")).toEqual({
      kind: "fault",
      code: "invalid_context_kind",
      field: "contextKind",
      expected: 'expected "user": the connection\'s integration carries no other kind',
    });
  });
});
