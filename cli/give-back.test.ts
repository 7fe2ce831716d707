import { expect, test } from "vitest";
import type { LetterCalls } from "../operator/dead-letters/walk.ts";
import { givingBack } from "./give-back.ts";

/** Calls of a queue that has these letters, each given once; and Ctrl-C. */
function opened(letters: readonly string[], { slow = false }: { readonly slow?: boolean } = {}) {
  const waiting = [...letters];
  const changes: string[] = [];
  let answer = (): void => {};
  const raw: LetterCalls = {
    receive: async () => {
      if (slow) await new Promise<void>((resolve) => (answer = resolve));
      return waiting.splice(0, 2).map((id) => ({
        id,
        receiptHandle: `handle-${id}`,
        body: "{}",
        attributes: {},
        sentAtMs: 0,
        receives: 1,
        groupId: undefined,
      }));
    },
    setVisibility: async (_, some) => {
      for (const { receiptHandle, seconds } of some) changes.push(`${receiptHandle} ${seconds}`);
      return some.map(() => ({ kind: "confirmed" }) as const);
    },
    remove: async () => [],
  };
  let interrupt = (): void => {};
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const calls = givingBack(raw, { onInterrupt: (act) => (interrupt = act), end });
  return { calls, changes, ended, interrupt: () => interrupt(), answer: () => answer() };
}

const times = { visibilitySeconds: 120, waitSeconds: 1 };

test("Ctrl-C gives back what is in hand, and what is just being received, before it ends", async () => {
  const { calls, changes, ended, interrupt, answer } = opened(["a", "b", "c", "d"], { slow: true });
  const first = calls.receive("queue", times);
  answer();
  await first;
  const second = calls.receive("queue", times);
  interrupt();
  expect(changes).toEqual([]);
  answer();
  await ended;
  await second;
  expect(changes).toEqual(["handle-a 0", "handle-b 0", "handle-c 0", "handle-d 0"]);
});

test("nothing is received any more, and what was given back is not given back again", async () => {
  const { calls, changes, ended, interrupt } = opened(["a", "b", "c"]);
  await calls.receive("queue", times);
  await calls.setVisibility("queue", [{ receiptHandle: "handle-a", seconds: 0 }]);
  interrupt();
  await ended;
  const late = await Promise.race([calls.receive("queue", times), Promise.resolve("nothing")]);
  expect(late).toBe("nothing");
  expect(changes).toEqual(["handle-a 0", "handle-b 0"]);
});

test("a second Ctrl-C ends at once", async () => {
  const { calls, changes, ended, interrupt } = opened(["a"], { slow: true });
  calls.receive("queue", times);
  interrupt();
  interrupt();
  await ended;
  expect(changes).toEqual([]);
});
