import {
  type MemoryUnavailable,
  type Remembered,
  type Replays,
  type RequestKey,
  TAKEN_MS,
} from "../../lib/replays/replays.ts";
import { type Refusal, refuseForNow } from "./refusal.ts";

export type QueueOncePorts = {
  readonly replays: Replays;
  /** Unix ms. */
  readonly now: () => number;
};

export type QueuedOnce =
  /** Everything is in the queue. `causes` says why that could not be remembered, if so. */
  | { readonly kind: "queued"; readonly causes?: readonly string[] }
  /** Everything was in the queue before, and nothing was queued now. */
  | { readonly kind: "repeated" }
  | Refusal;

/**
 * Queues a request unless it was queued before; without a key, always. `queueAll` gives a refusal when not everything
 * is in the queue.
 *
 * When the memory does not answer before anything is queued, the request is refused, and its sender repeats it: a memory that
 * lets requests pass when it fails would protect nobody. When it does not answer afterwards, the request is answered as
 * taken, because it is: a refusal would bring it again, and everything of it twice.
 */
export async function queueOnce(
  key: RequestKey | undefined,
  queueAll: () => Promise<Refusal | undefined>,
  { replays, now }: QueueOncePorts,
): Promise<QueuedOnce> {
  if (key === undefined) return (await queueAll()) ?? { kind: "queued" };
  const nowMs = now();
  const answer = await replays.take(key, nowMs);
  switch (answer.kind) {
    case "done":
      return { kind: "repeated" };
    case "in-flight":
      return inFlight(answer.untilMs - nowMs);
    case "unavailable":
      return memoryUnavailable(answer);
    case "taken": {
      let refusal: Refusal | undefined;
      let isQueued = false;
      try {
        refusal = await queueAll();
        isQueued = refusal === undefined;
      } finally {
        // Should that fail too, its sender's repetitions are refused until it may be taken again.
        if (!isQueued) await replays.release(answer.taken);
      }
      if (refusal) return refusal;
      const causes = causesOf(await replays.finish(answer.taken, now()));
      return causes ? { kind: "queued", causes } : { kind: "queued" };
    }
  }
}

function causesOf(end: Remembered): readonly string[] | undefined {
  switch (end.kind) {
    case "remembered":
      return undefined;
    case "lost":
      return ["the request was queued so slowly that another invocation may have queued it too"];
    case "unavailable":
      return [`the memory of requests did not note that this one is queued: ${codeOf(end)}`];
  }
}

function inFlight(remainingMs: number): Refusal {
  const seconds = Math.ceil(Math.min(Math.max(remainingMs, 1), TAKEN_MS) / 1_000);
  const message = "the same signed request is being taken; send it again to learn whether it was";
  return refuseForNow("request_in_flight", message, { retryAfterSeconds: seconds, causes: [] });
}

/** A table that does not answer usually does seconds later. */
const MEMORY_RETRY_AFTER_SECONDS = 5;

function memoryUnavailable(failure: MemoryUnavailable): Refusal {
  return refuseForNow(
    "replay_memory_unavailable",
    "it is not known whether this signed request was taken before; send the same request again",
    { retryAfterSeconds: MEMORY_RETRY_AFTER_SECONDS, causes: [codeOf(failure)] },
  );
}

function codeOf({ code, requestId }: MemoryUnavailable): string {
  return requestId === undefined ? code : `${code} (request ${requestId})`;
}
