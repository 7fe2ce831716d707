import { expect, test } from "vitest";
import { bundleQueue } from "../bundle.ts";
import { deleteCountedLetters } from "./delete.ts";
import type { LetterCalls } from "./walk.ts";

const queue = bundleQueue(
  { kind: "audience-operations", destination: "production" },
  { namePrefix: "flagbridge-prod-", arnPrefix: "arn:", urlOf: (name) => `https://sqs/${name}` },
);

/** A dead-letter queue that can be filled at any time. */
function deadLetterQueue() {
  const left = new Set<string>();
  const hidden = new Set<string>();
  const confirmAll = (all: readonly unknown[]) => all.map(() => ({ kind: "confirmed" as const }));
  const calls: LetterCalls = {
    receive: async () => {
      const visible = [...left].filter((id) => !hidden.has(id)).slice(0, 10);
      for (const id of visible) hidden.add(id);
      return visible.map((id) => ({
        ...{ id, receiptHandle: id, body: "{}", attributes: { reason: "too-old" }, sentAtMs: 0 },
        receives: 1,
        groupId: undefined,
      }));
    },
    setVisibility: async (_url, changes) => {
      for (const { receiptHandle } of changes) hidden.delete(receiptHandle);
      return confirmAll(changes);
    },
    remove: async (_url, handles) => {
      for (const handle of handles) left.delete(handle);
      return confirmAll(handles);
    },
  };
  const fill = (count: number): void => {
    for (let at = 0; at < count; at += 1) left.add(`${left.size}`);
  };
  return { calls, left, fill };
}

test("no more letters are deleted than the person was asked about", async () => {
  const dead = deadLetterQueue();
  dead.fill(12);
  let kept = 0;
  const done = await deleteCountedLetters(
    {
      bundle: { queues: [queue], namePrefix: "flagbridge-prod-" },
      choice: { queue: undefined, reason: undefined, connection: undefined },
      limit: undefined,
      isStopped: () => false,
      confirm: async ({ letters }) => {
        dead.fill(300);
        return letters === 12;
      },
      keep: async (letters) => {
        kept += letters.length;
      },
    },
    dead.calls,
  );
  expect(done).toEqual({ kind: "deleted", deleted: 12, left: 0 });
  expect({ kept, left: dead.left.size }).toEqual({ kept: 12, left: 300 });
});
