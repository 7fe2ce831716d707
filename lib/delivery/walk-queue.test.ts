import { expect, test } from "vitest";
import { type HeldMessage, type WalkCalls, walkQueue } from "./walk-queue.ts";

/** A queue into which one more message comes before each receive, as it does where a source sends all the time. */
function busyQueue(waiting: readonly number[]) {
  let nowMs = 1_000_000;
  let made = 0;
  const messageAt = (sentAtMs: number): HeldMessage => {
    made += 1;
    const id = `m-${made}`;
    return {
      ...{ id, receiptHandle: id, body: id, attributes: {}, sentAtMs, receives: 1 },
      groupId: undefined,
    };
  };
  const queue = waiting.map((agoMs) => messageAt(nowMs - agoMs));
  const givenBack: string[] = [];
  const calls: WalkCalls = {
    receive: async () => {
      nowMs += 1_000;
      queue.push(messageAt(nowMs));
      return queue.splice(0, 10);
    },
    setVisibility: async (_url, changes) => {
      for (const { receiptHandle, seconds } of changes) if (seconds === 0) givenBack.push(receiptHandle);
      return changes.map(() => ({ kind: "confirmed" }));
    },
    remove: async (_url, handles) => handles.map(() => ({ kind: "confirmed" })),
    now: () => nowMs,
  };
  return { calls, givenBack, startedAtMs: nowMs };
}

test("a walk ends in a queue into which messages keep coming, once it meets only what was sent after it began", async () => {
  const { calls, givenBack, startedAtMs } = busyQueue(Array.from({ length: 25 }, (_, at) => at * 100));
  const seen: string[] = [];
  let rounds = 0;
  await walkQueue(
    {
      ...{ url: "queue", limit: Number.POSITIVE_INFINITY, atATime: 10, sentUntilMs: startedAtMs },
      isStopped: () => {
        rounds += 1;
        return rounds > 50;
      },
      read: (one) => one,
      take: async (messages) => {
        seen.push(...messages.map(({ id }) => id));
        return [];
      },
    },
    calls,
  );
  expect(rounds).toBeLessThan(10);
  expect(seen).toEqual(expect.arrayContaining(Array.from({ length: 25 }, (_, at) => `m-${at + 1}`)));
  expect([...givenBack].sort()).toEqual([...seen].sort());
});
