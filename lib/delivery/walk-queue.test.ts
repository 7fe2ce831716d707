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

test("a walk that cannot receive any more gives back what its other receives of that moment got", async () => {
  const { calls, givenBack } = busyQueue(Array.from({ length: 25 }, () => 0));
  let receives = 0;
  const receive: WalkCalls["receive"] = async (...asked) => {
    receives += 1;
    if (receives === 1) throw new Error("SQS does not answer");
    await new Promise(setImmediate);
    return calls.receive(...asked);
  };
  const walk = walkQueue(
    {
      ...{ url: "queue", limit: Number.POSITIVE_INFINITY, atATime: 20, isStopped: () => false },
      read: (one) => one,
      take: async () => [],
    },
    { ...calls, receive },
  );
  await expect(walk).rejects.toThrow("SQS does not answer");
  expect(givenBack).toHaveLength(10);
});
