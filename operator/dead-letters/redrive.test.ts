import { expect, test } from "vitest";
import type { HeldMessage } from "../../lib/delivery/walk-queue.ts";
import { bundleQueue } from "../bundle.ts";
import { type RedriveCalls, redriveLetters } from "./redrive.ts";

const queue = bundleQueue(
  { kind: "audience-operations", destination: "production" },
  { namePrefix: "flagbridge-prod-", arnPrefix: "arn:", urlOf: (name) => `https://sqs/${name}` },
);

/** A dead-letter queue in a time of its own: what was received comes back after its visibility timeout, in its old place. */
function deadLetterQueue(letters: readonly Pick<HeldMessage, "body" | "attributes">[]) {
  const left = new Map(
    letters.map((letter, at) => [
      `${at}`,
      { ...letter, id: `${at}`, receiptHandle: `${at}`, sentAtMs: 0, receives: 1, groupId: undefined },
    ]),
  );
  const hiddenUntilMs = new Map<string, number>();
  const sent: { readonly body: string; readonly groupId?: string }[] = [];
  let nowMs = 0;
  const confirmAll = (all: readonly unknown[]) => all.map(() => ({ kind: "confirmed" as const }));
  const calls: RedriveCalls = {
    receive: async (_url, { visibilitySeconds }) => {
      const visible = [...left.values()]
        .filter(({ id }) => (hiddenUntilMs.get(id) ?? 0) <= nowMs)
        .slice(0, 10);
      for (const { id } of visible) hiddenUntilMs.set(id, nowMs + visibilitySeconds * 1_000);
      return visible;
    },
    setVisibility: async (_url, changes) => {
      for (const { receiptHandle, seconds } of changes)
        hiddenUntilMs.set(receiptHandle, nowMs + seconds * 1_000);
      return confirmAll(changes);
    },
    remove: async (_url, handles) => {
      for (const handle of handles) left.delete(handle);
      return confirmAll(handles);
    },
    sendToQueue: async (_url, entries) => {
      sent.push(...entries);
      return confirmAll(entries);
    },
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
  return {
    calls,
    sent,
    left,
    hidden: () => [...hiddenUntilMs].filter(([id, ms]) => left.has(id) && ms > nowMs),
  };
}

const redrive = (calls: RedriveCalls, reason: string | undefined, perSecond: number | undefined) =>
  redriveLetters(
    {
      bundle: { queues: [queue], namePrefix: "flagbridge-prod-" },
      choice: { queue: undefined, reason, connection: undefined },
      limit: undefined,
      perSecond,
      onProgress: () => undefined,
      isStopped: () => false,
    },
    calls,
  );

test("a slow redrive goes on to the last letter, past the others that it has met and keeps", async () => {
  const letters = Array.from({ length: 600 }, (_, at) => ({
    body: `${at}`,
    attributes: { reason: at % 2 === 0 ? "too-old" : "undeliverable" },
  }));
  const dead = deadLetterQueue(letters);
  expect(await redrive(dead.calls, "undeliverable", 1)).toMatchObject({ sent: 300, left: 0 });
  expect(dead.left.size).toBe(300);
  expect(dead.hidden()).toEqual([]);
});

test("a connection that SQS takes for no group is left out, so that the others of the call are sent", async () => {
  const connections = ["web", "\u001b[31m", "zoë", "a b", "y".repeat(129), ""];
  const bodies = connections.map((connection) => JSON.stringify({ connection }));
  const dead = deadLetterQueue(bodies.map((body) => ({ body, attributes: {} })));
  expect(await redrive(dead.calls, undefined, undefined)).toMatchObject({ sent: 6, left: 0 });
  expect(dead.sent).toEqual(bodies.map((body, at) => (at === 0 ? { body, groupId: "web" } : { body })));
});
