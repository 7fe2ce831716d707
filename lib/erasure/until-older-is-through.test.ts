import { expect, test } from "vitest";
import type { CountPorts } from "./hidden-messages.ts";
import { untilOlderIsThrough } from "./until-older-is-through.ts";

const VISIBILITY_MS = 420_000;
const QUEUE = {
  ...({ kind: "audience-operations", destination: "production", url: "queue" } as const),
  deadLetters: { url: "letters" },
};

/** Queues whose numbers a test gives by the time, in ms from the start. */
function queuesOf(
  numbers: (url: string, atMs: number) => { readonly inFlight?: number; readonly delayed?: number },
) {
  let nowMs = 0;
  const countQueue: CountPorts["countQueue"] = async (url) => ({
    ...{ waiting: 0, inFlight: 0, delayed: 0, visibilityMs: VISIBILITY_MS },
    ...numbers(url, nowMs),
  });
  return {
    bundle: { queues: [QUEUE] },
    countQueue,
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
}
const wait = { sinceMs: 0, untilMs: 900_000, isStopped: () => false, onWait: () => {} };

test("what a function has in its hands is waited for until it is through", async () => {
  const ports = queuesOf((_url, atMs) => ({ inFlight: atMs < 5_000 ? 1 : 0 }));
  expect(await untilOlderIsThrough(wait, ports)).toMatchObject({ inFlight: false });
  expect(ports.now()).toBe(5_000);
});

test("in a queue that is always busy the wait ends when nothing older can be in anybody's hands", async () => {
  const ports = queuesOf(() => ({ inFlight: 3 }));
  const told: number[] = [];
  const onWait = (longestMs: number) => told.push(longestMs);
  expect(await untilOlderIsThrough({ ...wait, onWait }, ports)).toMatchObject({ inFlight: false });
  expect(told).toEqual([VISIBILITY_MS + 240_000]);
  expect(ports.now()).toBe(VISIBILITY_MS + 240_000);
});

test.each([
  ["its time is over", { ...wait, untilMs: 10_000 }],
  ["it is stopped", { ...wait, isStopped: () => true }],
])("a wait that ends because %s says that something is in flight", async (_why, short) => {
  const ports = queuesOf(() => ({ inFlight: 3 }));
  expect(await untilOlderIsThrough(short, ports)).toMatchObject({ inFlight: true });
});

test("what is delayed is said and not waited for", async () => {
  const ports = queuesOf(() => ({ delayed: 2 }));
  expect(await untilOlderIsThrough(wait, ports)).toMatchObject({ delayed: new Set(["production"]) });
  expect(ports.now()).toBe(0);
});
