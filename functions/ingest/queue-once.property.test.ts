import fc from "fast-check";
import { expect, test } from "vitest";
import { type Replays, TAKEN_MS } from "../../lib/replays/replays.ts";
import { memoryReplays } from "../../test/support/memory-replays.ts";
import { type QueuedOnce, queueOnce } from "./queue-once.ts";
import { refuseForNow } from "./refusal.ts";

const key = { connection: "own", digest: "d".repeat(64) };
const unavailable = { kind: "unavailable", code: "ThrottlingException" } as const;
const notQueued = refuseForNow("queue_unavailable", "", { retryAfterSeconds: 5, causes: [] });

/** What goes wrong while one delivery is taken. A death leaves everything as it is at that moment. */
const FAULTS = [
  "none",
  "queue-fails",
  "dies-before-queueing",
  "dies-after-queueing",
  "memory-fails-before",
  "memory-fails-after",
  "release-fails",
] as const;
type Fault = (typeof FAULTS)[number];

/** Only these may queue a request that the memory does not then know of, and so let it be queued once more. */
const MAY_DOUBLE: ReadonlySet<Fault> = new Set(["dies-after-queueing", "memory-fails-after"]);

const never = () => new Promise<never>(() => {});

function deliverer() {
  const memory = memoryReplays();
  let nowMs = 0;
  let queued = 0;
  const deliver = (fault: Fault): Promise<QueuedOnce | { readonly kind: "died" }> => {
    const replays: Replays = {
      take: async (...given) => (fault === "memory-fails-before" ? unavailable : memory.take(...given)),
      finish: async (...given) => {
        if (fault === "dies-after-queueing") return never();
        return fault === "memory-fails-after" ? unavailable : memory.finish(...given);
      },
      release: async (taken) => (fault === "release-fails" ? unavailable : memory.release(taken)),
    };
    const queueAll = async () => {
      if (fault === "dies-before-queueing") return never();
      if (fault === "queue-fails" || fault === "release-fails") return notQueued;
      queued += 1;
      return undefined;
    };
    const death = new Promise<{ kind: "died" }>((resolve) => setTimeout(() => resolve({ kind: "died" }), 0));
    return Promise.race([queueOnce(key, queueAll, { replays, now: () => nowMs }), death]);
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { deliver, pass, queued: () => queued };
}

test("whatever goes wrong, what is answered as taken is in the queue, and in the end everything is", async () => {
  const delivery = fc.record({
    fault: fc.constantFrom(...FAULTS),
    laterMs: fc.constantFrom(0, 1_000, TAKEN_MS),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(delivery, { maxLength: 8 }), async (deliveries) => {
      const { deliver, pass, queued } = deliverer();
      let mayDouble = 0;
      for (const { fault, laterMs } of deliveries) {
        pass(laterMs);
        const before = queued();
        const { kind } = await deliver(fault);
        if (kind === "queued") expect(queued()).toBe(before + 1);
        if (kind === "repeated")
          expect({ was: before > 0, now: queued() }).toEqual({ was: true, now: before });
        if (MAY_DOUBLE.has(fault) && queued() > before) mayDouble += 1;
        expect(queued()).toBeLessThanOrEqual(1 + mayDouble);
      }
      pass(TAKEN_MS);
      expect(["queued", "repeated"]).toContain((await deliver("none")).kind);
      expect(queued()).toBeGreaterThan(0);
    }),
  );
});

test("of many deliveries at once one is queued, and the others are told to come again", async () => {
  const { deliver, queued } = deliverer();
  const answers = await Promise.all(Array.from({ length: 8 }, () => deliver("none")));
  expect(queued()).toBe(1);
  const kinds = answers.map(({ kind }) => kind).sort();
  expect(kinds).toEqual(["queued", ...Array(7).fill("refused")]);
});
