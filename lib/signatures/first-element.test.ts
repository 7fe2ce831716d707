import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstElement } from "./first-element.ts";

describe("the first element of a list", () => {
  test.each([
    ["an only one", '[{"a":1}]', '{"a":1}', true],
    ["one of several", '[{"a":1},{"b":2}]', '{"a":1}', false],
    ["with white space around it", ' \n[ {"a": 1}\t, 2 ]\r\n', '{"a": 1}', false],
    ["with white space around it alone", '[\t{"a": 1} \n]', '{"a": 1}', true],
    ["with marks of structure in its texts", '["[{,\\"]}\\\\",1]', '"[{,\\"]}\\\\"', false],
    ["with lists in it", '[[1,[2],{"a":[3]}],4]', '[1,[2],{"a":[3]}]', false],
    ["that is a number", "[1.0,-0]", "1.0", false],
    ["that ends in slashes", '["\\\\\\\\"]', '"\\\\\\\\"', true],
  ])("%s", (_name, text, element, isOnly) => {
    expect(firstElement(text)).toEqual({ text: element, isOnly });
  });

  test.each(["", "{}", '{"batch":[1]}', "[", "[]", "[ ]", '["', '["\\"', '[{"a":1', "1", "null"])(
    "is not there in %j",
    (text) => expect(firstElement(text)).toBeUndefined(),
  );

  test("is what JSON.parse finds there, whatever the list holds and however it is written", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.constantFrom(0, 1, "\t"), (list, indent) => {
        const first = firstElement(JSON.stringify(list, null, indent));
        expect(JSON.stringify(JSON.parse(first?.text ?? ""))).toBe(JSON.stringify(list[0]));
        expect(first?.isOnly).toBe(list.length === 1);
      }),
    );
  });

  test.each([
    ["a text of quotes and slashes", `["${'\\"'.repeat(1_000_000)}"]`],
    ["a text without an end", `["${'\\"'.repeat(1_000_000)}`],
    ["a text of slashes", `["${"\\\\".repeat(1_000_000)}"]`],
    ["brackets", "[".repeat(2_000_000)],
  ])("takes no longer than its size: %s", (_name, text) => {
    const startedMs = performance.now();
    firstElement(text);
    // Reading it again from every quote would take hours.
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
