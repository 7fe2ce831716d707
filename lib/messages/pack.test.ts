import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integerBytes, textBytes, toAscii } from "./ascii-json.ts";
import { audienceOperationsMessage, operationsOf } from "./audience-operations.ts";
import type { AudienceOperation } from "./operation.ts";
import { MAX_MESSAGE_BYTES, packAudienceOperations } from "./pack.ts";

const acceptedAt = Date.parse("2026-05-03T12:00:00Z");

/** Text of one, two, three and four bytes a character, of escapes, and of what SQS refuses; short and long. */
const awkward = fc
  .tuple(
    fc.string({
      unit: fc.oneof(
        fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
        fc.constantFrom(
          '"',
          "\\",
          "\n",
          "\u0000",
          "\u001f",
          "\u007f",
          "é",
          "€",
          "😀",
          "\uffff",
          "\ufffe",
          "\u2028",
        ),
      ),
      minLength: 1,
      maxLength: 8,
    }),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }) },
    ),
  )
  .map(([text, times]) => text.repeat(times));

const segment = fc.record({ id: awkward, name: awkward }, { noNullPrototype: true });

function operationsOn(segments: readonly { readonly id: string; readonly name: string }[]) {
  const operation = fc.record({
    segment: fc.constantFrom(...segments),
    contextKind: fc.constantFrom("user", "device"),
    contextKey: awkward,
    action: fc.constantFrom("add" as const, "remove" as const),
    at: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    id: awkward,
  });
  // Enough for several messages, or so few that the smallest cases are among them.
  return fc.oneof(
    fc.array(operation, { maxLength: 3 }),
    fc.array(operation, { minLength: 80, maxLength: 160, size: "max" }),
  );
}

const requests = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .chain(operationsOn)
  .map((drawn) =>
    drawn.map(
      ({ at, id, ...operation }, index): AudienceOperation => ({
        ...operation,
        version: [at, acceptedAt, index, id],
      }),
    ),
  );

const pack = (operations: readonly AudienceOperation[], at = acceptedAt) =>
  packAudienceOperations({ connection: "segment-engage", acceptedAt: at, operations });
const unpack = (bodies: readonly string[]) =>
  bodies.flatMap((body) => operationsOf(audienceOperationsMessage.parse(JSON.parse(body))));

describe("packed operations", () => {
  test("come out again, every one and in order, of valid messages within the limit", () => {
    fc.assert(
      fc.property(requests, (operations) => {
        const bodies = pack(operations);
        for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
        expect(unpack(bodies)).toEqual(operations);
      }),
      { numRuns: 60 },
    );
  });

  test("are in as few messages as their order allows: no message could take the first operation of the next", () => {
    fc.assert(
      fc.property(requests, (operations) => {
        const parts = pack(operations).map((body) => unpack([body]));
        for (const [index, part] of parts.entries()) {
          const next = parts[index + 1]?.[0];
          if (next) expect(pack([...part, next])).toHaveLength(2);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("are cut at the same places whatever the receipt time", () => {
    fc.assert(
      fc.property(requests, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (operations, at) => {
        const lengths = (bodies: readonly string[]) => bodies.map((body) => unpack([body]).length);
        expect(lengths(pack(operations, at))).toEqual(lengths(pack(operations, 0)));
      }),
      { numRuns: 40 },
    );
  });

  test("are ASCII, which SQS takes whatever is in it", () => {
    fc.assert(
      fc.property(requests, (operations) => {
        for (const body of pack(operations)) expect(body).toMatch(/^[\x20-\x7f]*$/);
      }),
      { numRuns: 20 },
    );
  });
});

describe("packing", () => {
  const operation = (index: number, key: string): AudienceOperation => ({
    segment: { id: "aud_2g5VilffxpBYqelWk4K0yBzAuFl", name: "First time shopper" },
    contextKind: "user",
    contextKey: key,
    action: "add",
    version: [acceptedAt, acceptedAt, index, "node-next-1795239297241-e41ef078-dd8f-40a2-af30-d33e5a2d56bf"],
  });

  test("nothing gives no message", () => expect(pack([])).toEqual([]));

  test("ordinary operations puts about 400 of them into one message", () => {
    const bodies = pack(Array.from({ length: 1_000 }, (_, index) => operation(index, `user-${index}`)));
    expect(bodies.map((body) => unpack([body]).length)).toEqual([413, 412, 175]);
  });

  test("the largest operation that the sources let through fits", () => {
    const worst = "\u0001";
    const largest: AudienceOperation = {
      segment: { id: worst.repeat(1_024), name: worst.repeat(1_024) },
      contextKind: "k".repeat(128),
      contextKey: worst.repeat(2_048),
      action: "remove",
      version: [acceptedAt, acceptedAt, 1_000_000, worst.repeat(128)],
    };
    expect(unpack(pack([largest]))).toEqual([largest]);
  });

  test("an operation that no message takes is an error, and not a message that SQS refuses", () => {
    expect(() => pack([operation(0, "x".repeat(MAX_MESSAGE_BYTES))])).toThrow(RangeError);
  });

  test("a message is filled to the last byte", () => {
    const [short = ""] = pack([operation(0, "")]);
    // 16 bytes are kept for a receipt time of 13 digits, and one for a comma behind each of the two lists' items.
    const room = MAX_MESSAGE_BYTES - short.length - 3 - 2;
    expect(pack([operation(0, "x".repeat(room))])).toHaveLength(1);
    expect(() => pack([operation(0, "x".repeat(room + 1))])).toThrow(RangeError);
  });
});

describe("sizes are counted as", () => {
  test("a text takes them", () => {
    fc.assert(
      fc.property(awkward, (text) => {
        expect(textBytes(text)).toBe(toAscii(JSON.stringify(text)).length);
      }),
    );
  });

  test("a whole number takes them", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(integerBytes(value)).toBe(String(value).length);
      }),
    );
  });
});
