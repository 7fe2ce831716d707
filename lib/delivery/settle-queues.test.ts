import { describe, expect, test } from "vitest";
import { retryWithBackoff } from "./fate.ts";
import type { RecordOutcome } from "./settle.ts";
import { settleOn } from "./settle-queues.ts";

const nowMs = 1_800_000_000_000;

/** Settles messages that are all to come again in ten minutes, where so many rounds of copies have time. */
async function settleWith(messages: number, rounds: number) {
  const outcomes = Array.from(
    { length: messages },
    (_, number): RecordOutcome => ({
      ...{ messageId: String(number), receiptHandle: String(number), receives: 1, earlierReceives: 0 },
      ...{ firstReceivedAtMs: nowMs, sentAtMs: nowMs, queuedAtMs: nowMs, connection: "one" },
      fates: [retryWithBackoff("launchdarkly-503", nowMs + 600_000)],
      bodyOf: () => String(number),
    }),
  );
  const copied: string[] = [];
  const shownAgain: string[] = [];
  let left = rounds;
  const { batchItemFailures } = await settleOn(outcomes, {
    queues: {
      sendToQueue: async (_url, entries) => {
        copied.push(...entries.map(({ body }) => body));
        return entries.map(() => ({ kind: "confirmed" }));
      },
      setVisibility: async (_url, changes) => {
        shownAgain.push(...changes.map(({ receiptHandle }) => receiptHandle));
        return changes.map(() => ({ kind: "confirmed" }));
      },
    },
    ...{ queueUrl: "queue", deadLetterQueueUrl: "letters", service: "launchdarkly" },
    noteUnconfirmed: () => undefined,
    mayCopy: () => left-- > 0,
    nowMs,
    random: () => 0,
  });
  return { copied, shownAgain, failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

describe("messages that go on as copies", () => {
  test("are all copied while there is time, and then done", async () => {
    const { copied, shownAgain, failed } = await settleWith(1_000, Number.POSITIVE_INFINITY);
    expect([copied.length, shownAgain, failed]).toEqual([1_000, [], []]);
  });

  test.each([0, 1, 3])(
    "are done or come again by themselves, each once, when time ends after %i rounds",
    async (rounds) => {
      const { copied, shownAgain, failed } = await settleWith(1_000, rounds);
      expect(copied.length > 0).toBe(rounds > 0);
      expect(failed.length).toBeGreaterThan(0);
      expect(shownAgain).toEqual(failed);
      expect([...copied, ...failed].map(Number).toSorted((a, b) => a - b)).toEqual([...Array(1_000).keys()]);
    },
  );
});
