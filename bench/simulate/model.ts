import { SEGMENTS_SIDE_BY_SIDE } from "../../functions/audience-batcher/flush.ts";
import { FULL_REQUESTS } from "../../lib/audience/apply-segment.ts";
import { POLL_MS, WAIT_MS } from "../../lib/audience/hold.ts";
import {
  CALLS_AT_ONCE,
  READS_PER_CALL,
  WRITES_PER_CALL,
} from "../../lib/audience/ledger/dynamodb-entries.ts";
import { MAX_MEMBERS } from "../../lib/launchdarkly/segments/synced/request.ts";
import { EVENT_BYTES, MAX_RECORDS } from "../lambda-event.ts";
import { type Clock, startClock } from "./clock.ts";
import type { Parameters } from "./parameters.ts";

/** What comes in: requests of equally many operations, over the segments in turn, evenly spread over a time (0: at once). */
export type Load = {
  readonly operations: number;
  readonly perRequest: number;
  readonly segments: number;
  readonly overMs: number;
};

/** Everything that is paid for or waited for. */
export type Outcome = {
  readonly requests: number;
  readonly ingestMs: number;
  readonly messages: number;
  readonly messageChunks: number;
  readonly receives: number;
  readonly invocations: number;
  readonly batcherMs: number;
  readonly ledgerReads: number;
  readonly ledgerWrites: number;
  readonly launchdarklyRequests: number;
  readonly firstAppliedMs: number;
  readonly allAppliedMs: number;
  /** The longest that a message was in the queue. */
  readonly oldestMessageMs: number;
  /** Operations applied by the end of each second. */
  readonly appliedBySecond: readonly number[];
};

type Message = { readonly segment: number; readonly operations: number; readonly sentMs: number };

export const OPERATIONS_PER_MESSAGE = 450;
/** A record in the event that Lambda makes of it: JSON within JSON. */
export const OPERATION_BYTES = 165;
export const RECORD_BYTES = 700;
/** What fills no request and waits for the next batch comes again within a second. */
const COMES_AGAIN_MS = 500;
/** The function ends at 60 s, and starts nothing that needs longer than what is left. */
export const WORKING_MS = 60_000 - 20_000 - 5_000;
const BUSY_RETRY_MS = 3_500;
const RATE_WINDOW_MS = 10_000;

/** Runs the deployed system for a load on paper: front door, queue, batcher, ledger, LaunchDarkly. */
export async function simulate(load: Load, of: Parameters): Promise<Outcome> {
  const clock = startClock();
  const queue = startQueue();
  const counted = {
    requests: 0,
    ingestMs: 0,
    messages: 0,
    messageChunks: 0,
    receives: 0,
    invocations: 0,
    batcherMs: 0,
    ledgerReads: 0,
    ledgerWrites: 0,
    launchdarklyRequests: 0,
    oldestMessageMs: 0,
  };
  const applied: { readonly atMs: number; readonly operations: number }[] = [];
  let left = load.operations;
  startIngest(
    load,
    of,
    clock,
    (message) => {
      counted.messages += 1;
      queue.put(message);
    },
    counted,
  );
  const lane = rateLimit(clock, of.launchdarklyPer10s);
  const holds = new Set<number>();
  const takeHold = async (segment: number): Promise<boolean> => {
    for (let waitedMs = 0; holds.has(segment); waitedMs += POLL_MS) {
      if (waitedMs >= WAIT_MS) return false;
      await clock.sleep(POLL_MS);
    }
    holds.add(segment);
    return true;
  };
  const cpuMs = (us: number): number => us / 1_000 / of.cpuShare;
  const ledgerMs = (calls: number, callUs: number): number =>
    Math.ceil(calls / CALLS_AT_ONCE) * of.ledgerCallMs + cpuMs(calls * callUs);

  const applySegment = async (
    segment: number,
    messages: readonly Message[],
    { startedMs, moreIsWaiting }: { readonly startedMs: number; readonly moreIsWaiting: boolean },
  ) => {
    const operations = messages.reduce((sum, message) => sum + message.operations, 0);
    if (!(await takeHold(segment))) return requeue(messages, BUSY_RETRY_MS);
    counted.ledgerWrites += 2;
    await clock.sleep(2 * of.ledgerCallMs);
    let done = 0;
    while (done < operations && clock.now() - startedMs < WORKING_MS) {
      const members = Math.min(MAX_MEMBERS, operations - done);
      counted.ledgerReads += members;
      await clock.sleep(ledgerMs(Math.ceil(members / READS_PER_CALL), of.ledgerReadCallUs));
      if (moreIsWaiting && members < MAX_MEMBERS && done >= FULL_REQUESTS * MAX_MEMBERS) {
        holds.delete(segment);
        return requeue(restOf(messages, done), COMES_AGAIN_MS);
      }
      const closedMs = lane.take();
      if (closedMs > 0) {
        holds.delete(segment);
        return requeue(restOf(messages, done), closedMs);
      }
      counted.launchdarklyRequests += 1;
      await clock.sleep(of.launchdarklyRequestMs);
      counted.ledgerWrites += members;
      await clock.sleep(ledgerMs(Math.ceil(members / WRITES_PER_CALL), of.ledgerWriteCallUs));
      done += members;
      left -= members;
      applied.push({ atMs: clock.now(), operations: members });
    }
    holds.delete(segment);
    if (done < operations) requeue(restOf(messages, done), BUSY_RETRY_MS);
  };
  const requeue = (messages: readonly Message[], afterMs: number): void => {
    for (const message of messages) clock.at(clock.now() + afterMs, () => queue.put(message));
  };

  const invoke = async (messages: readonly Message[], moreIsWaiting: boolean): Promise<void> => {
    const startedMs = clock.now();
    counted.invocations += 1;
    // Received and deleted ten at a time.
    counted.receives += Math.ceil(messages.length / 10) * 2;
    for (const { sentMs } of messages)
      counted.oldestMessageMs = Math.max(counted.oldestMessageMs, startedMs - sentMs);
    const operations = messages.reduce((sum, message) => sum + message.operations, 0);
    await clock.sleep(cpuMs(operations * of.batcherOperationUs));
    const bySegment = [...Map.groupBy(messages, ({ segment }) => segment)];
    const next = async (): Promise<void> => {
      for (let job = bySegment.shift(); job; job = bySegment.shift())
        await applySegment(...job, { startedMs, moreIsWaiting });
    };
    await Promise.all(Array.from({ length: SEGMENTS_SIDE_BY_SIDE }, next));
    counted.batcherMs += clock.now() - startedMs;
  };

  const poller = async (): Promise<void> => {
    while (left > 0) {
      const first = await queue.first(clock);
      if (!first) continue;
      const endsMs = clock.now() + of.batchingWindowMs;
      while (clock.now() < endsMs && !queue.isFull()) await clock.sleep(100);
      const moreIsWaiting = queue.isFull();
      const batch = queue.take();
      if (batch.length > 0) await invoke(batch, moreIsWaiting);
    }
  };
  for (let slot = 0; slot < of.batcherConcurrency; slot += 1) void poller();
  await clock.run();

  const allAppliedMs = applied.at(-1)?.atMs ?? 0;
  return {
    ...counted,
    firstAppliedMs: applied[0]?.atMs ?? 0,
    allAppliedMs,
    appliedBySecond: bySecond(applied, allAppliedMs),
  };
}

function startIngest(
  { operations, perRequest, segments, overMs }: Load,
  of: Parameters,
  clock: Clock,
  send: (message: Message) => void,
  counted: { requests: number; ingestMs: number; messageChunks: number },
): void {
  const requests = Math.ceil(operations / perRequest);
  const requestMs = (of.ingestRequestUs + perRequest * of.ingestEventUs) / 1_000 / of.cpuShare + of.sqsCallMs;
  const sizes = Array.from({ length: Math.ceil(perRequest / OPERATIONS_PER_MESSAGE) }, (_, message) =>
    Math.min(OPERATIONS_PER_MESSAGE, perRequest - message * OPERATIONS_PER_MESSAGE),
  );
  for (let request = 0; request < requests; request += 1) {
    // At once is as fast as the functions that may run at a time take them.
    const arrivesMs =
      overMs > 0 ? (request * overMs) / requests : Math.floor(request / of.ingestConcurrency) * requestMs;
    clock.at(arrivesMs + requestMs, () => {
      counted.requests += 1;
      counted.ingestMs += Math.ceil(requestMs);
      for (const size of sizes) {
        counted.messageChunks += 1;
        send({ segment: request % segments, operations: size, sentMs: clock.now() });
      }
    });
  }
}

function startQueue() {
  let waiting: Message[] = [];
  let bytes = 0;
  const sizeOf = ({ operations }: Message): number => RECORD_BYTES + operations * OPERATION_BYTES;
  return {
    put: (message: Message): void => {
      waiting.push(message);
      bytes += sizeOf(message);
    },
    isFull: () => bytes >= EVENT_BYTES || waiting.length >= MAX_RECORDS,
    first: async (clock: Clock): Promise<boolean> => {
      if (waiting.length === 0) await clock.sleep(100);
      return waiting.length > 0;
    },
    take: (): readonly Message[] => {
      let taken = 0;
      let takenBytes = 0;
      for (const message of waiting) {
        if (taken === MAX_RECORDS || (taken > 0 && takenBytes + sizeOf(message) > EVENT_BYTES)) break;
        taken += 1;
        takenBytes += sizeOf(message);
      }
      const batch = waiting.slice(0, taken);
      waiting = waiting.slice(taken);
      bytes -= takenBytes;
      return batch;
    },
  };
}

/** LaunchDarkly's limit. Says how long it is closed, 0 when it takes the request. */
export function rateLimit(clock: Clock, per10s: number) {
  let windowEndsMs = 0;
  let remaining = per10s;
  return {
    take: (): number => {
      if (clock.now() >= windowEndsMs) {
        windowEndsMs = clock.now() + RATE_WINDOW_MS;
        remaining = per10s;
      }
      if (remaining === 0) return windowEndsMs - clock.now();
      remaining -= 1;
      return 0;
    },
  };
}

/** What is left of the messages when so many of their operations are done. A message in part comes again whole; reading what is done of it again is not counted. */
function restOf(messages: readonly Message[], done: number): readonly Message[] {
  let before = 0;
  return messages.flatMap((message) => {
    const open = Math.min(message.operations, Math.max(0, before + message.operations - done));
    before += message.operations;
    return open > 0 ? [{ ...message, operations: open }] : [];
  });
}

function bySecond(applied: readonly { readonly atMs: number; readonly operations: number }[], endMs: number) {
  const seconds = Array.from({ length: Math.ceil(endMs / 1_000) + 1 }, () => 0);
  for (const { atMs, operations } of applied) {
    const second = Math.ceil(atMs / 1_000);
    seconds[second] = (seconds[second] ?? 0) + operations;
  }
  let sum = 0;
  return seconds.map((operations) => {
    sum += operations;
    return sum;
  });
}
