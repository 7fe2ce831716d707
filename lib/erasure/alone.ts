import type { HoldCalls } from "../audience/doubt-entries.ts";
import { QUEUE_WALK_LOCK } from "../audience/ledger/locks.ts";

type AlonePorts = {
  readonly holds: HoldCalls;
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly isStopped?: (() => boolean) | undefined;
};

/** Longer than a walk of the eraser, and the two minutes for which messages stay in the hands of one that was killed. */
const LOCK_MS = 180_000;
const POLL_MS = 1_000;

/**
 * Goes through the queues while no other erasure does, or gives `busy` after `longestWaitMs`. Two at once would each have some messages in
 * hand, and both would say that no more is left of their person.
 */
export async function aloneInQueues<Result>(
  walk: () => Promise<Result>,
  longestWaitMs: number,
  { holds, now, sleep, isStopped = () => false }: AlonePorts,
): Promise<Result | "busy"> {
  const giveUpMs = now() + longestWaitMs;
  for (;;) {
    const answer = await holds.takeHold(QUEUE_WALK_LOCK, now(), LOCK_MS);
    if (answer.kind === "taken") {
      try {
        return await walk();
      } finally {
        await holds.releaseHold(answer.hold, "clean");
      }
    }
    if (isStopped() || now() + POLL_MS > giveUpMs) return "busy";
    await sleep(POLL_MS);
  }
}
