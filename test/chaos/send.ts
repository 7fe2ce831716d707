import { setTimeout as sleep } from "node:timers/promises";
import type { Operation } from "./operations.ts";
import type { PlannedRequest } from "./plan.ts";

/** What has been answered 200, and so must arrive. */
export type Accepted = {
  /** When the operation was accepted first, Unix ms. */
  readonly operations: Map<Operation, number>;
  readonly events: Set<number>;
  requests: number;
  /** Requests that had to be sent again, and were with the same body. */
  retries: number;
};

const SENDERS = 6;
const MAX_PAUSE_MS = 2_000;
/** API Gateway itself answers within 30 s. */
const REQUEST_TIMEOUT_MS = 40_000;
/** A stack that is killed is back within seconds. */
const PATIENCE_MS = 120_000;

/** Sends everything when it is due, and again until it is answered 200: as SDKs do, and longer than they. */
export async function sendAll(
  requests: readonly PlannedRequest[],
  ports: {
    readonly url: string;
    readonly startMs: number;
    readonly accepted: Accepted;
    /** What requests may have to wait for. */
    readonly ends: Readonly<Record<PlannedRequest["after"], Promise<void>>>;
  },
): Promise<void> {
  const waiting = [...requests].reverse();
  const sender = async (): Promise<void> => {
    for (let request = waiting.pop(); request; request = waiting.pop()) {
      const earlyMs = ports.startMs + request.dueMs - Date.now();
      if (earlyMs > 0) await sleep(earlyMs);
      await ports.ends[request.after];
      await sendUntilTaken(request, ports);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

async function sendUntilTaken(
  { path, headers, body, operations, events }: PlannedRequest,
  { url, accepted }: { readonly url: string; readonly accepted: Accepted },
): Promise<void> {
  const items = operations.length + events.length;
  let attempts = 0;
  const text = await retried(async () => {
    attempts += 1;
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body, signal });
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`);
    return answer.text();
  });
  if (!text.includes(`"accepted":${items},`)) throw new Error(`${path}: not all of ${items} taken: ${text}`);
  accepted.requests += 1;
  accepted.retries += attempts - 1;
  for (const operation of operations)
    if (!accepted.operations.has(operation)) accepted.operations.set(operation, Date.now());
  for (const { number } of events) accepted.events.add(number);
}

/** Tries until it works. @throws what the last attempt threw, when nothing worked for {@link PATIENCE_MS}. */
export async function retried<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const giveUpMs = Date.now() + PATIENCE_MS;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > giveUpMs) throw error;
      await sleep(Math.min(MAX_PAUSE_MS, 100 * 2 ** failures));
    }
  }
}
