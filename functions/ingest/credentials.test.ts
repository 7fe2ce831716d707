import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyCredential, keysMentioned } from "./credentials.ts";

describe("the keys that a body mentions", () => {
  test.each([
    ["first in it", '{"writeKey":"a","batch":[]}', ["a"]],
    ["last in it", '{"batch":[],"writeKey": "a" }', ["a"]],
    ["in another layout", '{\n\t"writeKey" :\n\t"a"\n}', ["a"]],
    ["written with escapes", '{"writeKey":"a\\/b\\u00e9\\"c"}', ['a/bé"c']],
    ["at any depth", '{"batch":[{"writeKey":"b"}],"writeKey":"a"}', ["b", "a"]],
    ["more than once", '{"batch":[{"writeKey":"a"}],"writeKey":"a"}', ["a"]],
    ["as no text", '{"writeKey":["a"]}', []],
    ["as a text that is none", '{"writeKey":"\\x"}', []],
    ["under another name", '{"writeKeys":"a"}', []],
    ["cut off", '{"writeKey":"a', []],
    ["not", "", []],
  ])("%s", (_name, text, keys) => {
    expect(keysMentioned(text, "writeKey")).toEqual(keys);
  });

  test("have the body's own among them, wherever the others stand, if it is the first or the last", () => {
    const others = fc.array(fc.record({ writeKey: fc.string() }), { maxLength: 40 });
    fc.assert(
      fc.property(others, fc.string({ minLength: 1 }), fc.boolean(), (batch, writeKey, isFirst) => {
        const body = isFirst ? { writeKey, batch } : { batch, writeKey };
        expect(keysMentioned(JSON.stringify(body), "writeKey")).toContain(bodyCredential(body)?.key);
      }),
    );
  });

  test("are at most sixteen, however many there are", () => {
    const batch = Array.from({ length: 5_000 }, (_, index) => ({ writeKey: `key-${index}` }));
    expect(keysMentioned(JSON.stringify({ batch }), "writeKey")).toHaveLength(16);
  });
});
