import fc from "fast-check";
import { expect, test } from "vitest";
import type { AudienceOperation } from "./operation.ts";
import { packAudienceOperations } from "./pack.ts";
import { fitQueue } from "./queued-bytes.ts";

const from = { connection: "cdp", acceptedAt: 1_800_000_000_000 };

function operations(
  count: number,
  { key, name, id }: { readonly key: string; readonly name: string; readonly id: string },
): AudienceOperation[] {
  return Array.from({ length: count }, (_, index) => ({
    segment: { id: `aud_${index % 7}`, name },
    contextKind: "user",
    contextKey: key,
    action: "add",
    version: [from.acceptedAt, from.acceptedAt, index, id],
  }));
}

function queued(all: readonly AudienceOperation[]) {
  const bodies = packAudienceOperations({ ...from, operations: all });
  return { messages: bodies.length, bytes: bodies.reduce((sum, body) => sum + body.length, 0) };
}

/** What a message holds besides its operations and segments. */
const FRAME_BYTES = 200;

test("what fits never takes more than it may, beside the frames of its messages", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", '"', "\u0000", "😀"), maxLength: 300 });
  fc.assert(
    fc.property(text, text, text, fc.nat(400), fc.nat(400_000), (key, name, id, count, maxBytes) => {
      const all = operations(count, { key, name, id });
      const { bytes, messages } = queued(all);
      if (fitQueue(all, maxBytes)) expect(bytes).toBeLessThanOrEqual(maxBytes + messages * FRAME_BYTES);
    }),
  );
});

test("what takes far less than it may fits", () => {
  const all = operations(1_000, { key: "é".repeat(100), name: "Beta", id: "id" });
  expect(fitQueue(all, queued(all).bytes * 1.2)).toBe(true);
});

test("a body of 4 MB whose operations are each written out fits, however short they are", () => {
  const shortest = '{"segment":{"id":"b"},"contextKey":"u","action":"add"},';
  const count = Math.floor((4 * 1_024 * 1_024) / shortest.length);
  expect(fitQueue(operations(count, { key: "u", name: "b", id: "d".repeat(64) }))).toBe(true);
});

test("90,000 operations that share a key of 2,048 bytes do not", () => {
  expect(fitQueue(operations(90_000, { key: "k".repeat(2_048), name: "b", id: "id" }))).toBe(false);
});
