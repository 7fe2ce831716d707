import { SEGMENTS_SIDE_BY_SIDE } from "../../functions/audience-batcher/flush.ts";
import {
  CALLS_AT_ONCE,
  READS_PER_CALL,
  WRITES_PER_CALL,
} from "../../lib/audience/ledger/dynamodb-entries.ts";
import { type Fate, retrySoon, retryWithBackoff } from "../../lib/delivery/fate.ts";
import { isolate, noEvidence, type Refusal, searchGoesOn } from "../../lib/delivery/isolate.ts";
import { visibilitySeconds } from "../../lib/delivery/retry-delay.ts";
import { type SplitBudget, splitBudget } from "../../lib/delivery/split-budget.ts";
import { inTurns } from "../../lib/delivery/turns.ts";
import { MAX_MEMBERS } from "../../lib/launchdarkly/segments/synced/request.ts";
import { startClock } from "./clock.ts";
import { quantile, startHolds, startRandom } from "./holds.ts";
import { OPERATIONS_PER_MESSAGE, rateLimit, WORKING_MS } from "./model.ts";
import type { Parameters } from "./parameters.ts";

/** A neighbour of one operation a second, and beside it one sender whose members are bad by half. */
export type NoisyCase = {
  readonly name: string;
  /**
   * `at-once`: 64 requests a refusal, under its hold and again after 2–5 s. The others come after all requests and at growing
   * distances: with a full budget for each batch, or with one that time fills, for each process.
   */
  readonly search: "none" | "at-once" | "by-batch" | "by-time";
};

export const NOISY: readonly NoisyCase[] = [
  { name: "the neighbour alone", search: "none" },
  { name: "64 requests for each refusal, at once, every 2–5 s", search: "at-once" },
  { name: "32 requests a batch, after all requests, at growing distances", search: "by-batch" },
  { name: "32 requests in 20 s, after all requests, at growing distances", search: "by-time" },
];

/** Before searches shared a budget, each refusal had so many requests. */
const AT_ONCE_REQUESTS = 64;

export const NOISY_MEMBERS = 1_000;
export const NOISY_EVERY_MS = 5_000;
export const NOISY_OVER_MS = 600_000;
const NOISY_SENDER = "noisy";
const NEIGHBOUR = "neighbour";
const NEIGHBOUR_EVERY_MS = 1_000;

export type NoisyOutcome = {
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly worstMs: number;
  readonly requests: number;
  readonly splits: number;
  /** Of the noisy sender's members, delivered or dead. */
  readonly doneShare: number;
};

type Member = { readonly isBad: boolean; readonly sentMs: number; isOpen: boolean };
type Message = { readonly segment: string; readonly members: readonly Member[]; receives: number };
type Halt = { readonly fate: Fate };

const refusal: Refusal = { kind: "refused", status: 400, reason: "refused-by-launchdarkly", cause: "" };

/** Runs one batcher for ten minutes on paper; the search is the product's own. */
export async function simulateNoisy({ search }: NoisyCase, of: Parameters): Promise<NoisyOutcome> {
  const clock = startClock();
  const random = startRandom();
  const holds = startHolds(clock);
  const limit = rateLimit(clock, of.launchdarklyPer10s);
  const latencies: number[] = [];
  const noisyMembers: Member[] = [];
  let waiting: Message[] = [];
  let requests = 0;
  let splits = 0;
  const send = (segment: string, members: readonly Member[]): void => {
    for (let first = 0; first < members.length; first += OPERATIONS_PER_MESSAGE) {
      const some = members.slice(first, first + OPERATIONS_PER_MESSAGE);
      waiting.push({ segment, members: some, receives: 0 });
    }
  };
  for (let atMs = 0; atMs < NOISY_OVER_MS; atMs += NEIGHBOUR_EVERY_MS)
    clock.at(atMs, () => send(NEIGHBOUR, [{ isBad: false, sentMs: clock.now(), isOpen: true }]));
  for (let atMs = 0; search !== "none" && atMs < NOISY_OVER_MS; atMs += NOISY_EVERY_MS)
    clock.at(atMs, () => {
      const members = Array.from({ length: NOISY_MEMBERS }, (_, member) => ({
        isBad: member % 2 === 0,
        sentMs: clock.now(),
        isOpen: true,
      }));
      noisyMembers.push(...members);
      send(NOISY_SENDER, members);
    });

  const ledgerMs = (members: number, perCall: number, callUs: number): number => {
    const calls = Math.ceil(members / perCall);
    return Math.ceil(calls / CALLS_AT_ONCE) * of.ledgerCallMs + (calls * callUs) / 1_000 / of.cpuShare;
  };
  /** One request, with the entries of what it did. */
  const request = async (
    part: readonly Member[],
    { segment, startedMs }: { readonly segment: string; readonly startedMs: number },
  ): Promise<"delivered" | Refusal | Halt> => {
    if (clock.now() - startedMs >= WORKING_MS) return { fate: retrySoon("out-of-time") };
    const closedMs = limit.take();
    if (closedMs > 0) return { fate: retryWithBackoff("rate-limited", clock.now() + closedMs) };
    requests += 1;
    await clock.sleep(of.launchdarklyRequestMs);
    if (part.some(({ isBad }) => isBad)) return refusal;
    await clock.sleep(ledgerMs(part.length, WRITES_PER_CALL, of.ledgerWriteCallUs));
    for (const member of part) {
      member.isOpen = false;
      if (segment === NEIGHBOUR) latencies.push(clock.now() - member.sentMs);
    }
    return "delivered";
  };

  const invoke = async (batch: readonly Message[], ofProcess: SplitBudget): Promise<void> => {
    const startedMs = clock.now();
    const fates = new Map<Member, Fate>();
    const evidence = noEvidence();
    const settle = (member: Member, fate: Fate): void => {
      if (!member.isOpen || fates.has(member)) return;
      fates.set(member, fate);
      if (fate.kind === "dead") member.isOpen = false;
    };
    const settleAll = (members: readonly Member[], fate: Fate): void => {
      for (const member of members) settle(member, fate);
    };
    const searchIn = (part: readonly Member[], splitsOf: SplitBudget): Promise<Halt | undefined> =>
      isolate<Member, Halt>(part, refusal, {
        deliver: (some) => {
          splits += 1;
          return request(some, { segment: NOISY_SENDER, startedMs });
        },
        // What could not be found came again after two to five seconds.
        settle: (member, fate) =>
          settle(
            member,
            search !== "at-once" || fate !== searchGoesOn ? fate : retrySoon("isolating-refused-members"),
          ),
        evidence,
        random,
        splits: splitsOf,
      });
    const refused: { readonly segment: string; readonly part: readonly Member[] }[] = [];
    /** Sends members under the segment's hold, in full requests. */
    const apply = async (segment: string, members: readonly Member[]): Promise<Halt | undefined> => {
      await clock.sleep(2 * of.ledgerCallMs);
      for (let first = 0; first < members.length; first += MAX_MEMBERS) {
        const part = members.slice(first, first + MAX_MEMBERS);
        await clock.sleep(ledgerMs(part.length, READS_PER_CALL, of.ledgerReadCallUs));
        const outcome = await request(part, { segment, startedMs });
        if (outcome === "delivered") evidence.taken = true;
        else if ("fate" in outcome) return outcome;
        else if (search === "at-once") {
          const halt = await searchIn(part, splitBudget(clock.now, AT_ONCE_REQUESTS));
          if (halt) return halt;
        } else refused.push({ segment, part });
      }
      return undefined;
    };
    const underHold = async (
      segment: string,
      members: readonly Member[],
      work: () => Promise<Halt | undefined>,
    ): Promise<void> => {
      const taken = await holds.take(segment);
      if (taken.kind === "busy") return settleAll(members, retrySoon("segment-busy"));
      const halt = await work();
      if (halt) settleAll(members, halt.fate);
      holds.release(segment);
    };
    const jobs = [...Map.groupBy(batch, ({ segment }) => segment)];
    const next = async (): Promise<void> => {
      for (let job = jobs.shift(); job; job = jobs.shift()) {
        const [segment, messages] = job;
        const members = messages.flatMap(({ members: all }) => all.filter(({ isOpen }) => isOpen));
        await underHold(segment, members, () => apply(segment, members));
      }
    };
    await Promise.all(Array.from({ length: SEGMENTS_SIDE_BY_SIDE }, next));
    const budget = search === "by-time" ? ofProcess : splitBudget(clock.now);
    for (const { segment, part } of inTurns(refused, (one) => one.segment)) {
      const open = part.filter((member) => !fates.has(member));
      if (open.length === 0) continue;
      if (!budget.mayBegin()) settleAll(open, searchGoesOn);
      else await underHold(segment, open, () => searchIn(open, budget));
    }
    for (const message of batch) putBack(message, fates);
  };
  const putBack = (message: Message, fates: ReadonlyMap<Member, Fate>): void => {
    const open = message.members.filter(({ isOpen }) => isOpen);
    if (open.length === 0) return;
    const drawn = random();
    const moment = { nowMs: clock.now(), receives: message.receives, random: () => drawn };
    const seconds = open.map((member) => {
      const fate = fates.get(member);
      return fate?.kind === "retry" ? visibilitySeconds(fate.delay, moment) : 0;
    });
    clock.at(clock.now() + Math.min(...seconds) * 1_000, () => waiting.push(message));
  };

  const endMs = NOISY_OVER_MS;
  const poller = async (): Promise<void> => {
    const ofProcess = splitBudget(clock.now);
    while (clock.now() < endMs) {
      if (waiting.length === 0) {
        await clock.sleep(100);
        continue;
      }
      await clock.sleep(of.batchingWindowMs);
      const batch = waiting;
      waiting = [];
      for (const message of batch) message.receives += 1;
      if (batch.length > 0) await invoke(batch, ofProcess);
    }
  };
  for (let slot = 0; slot < of.batcherConcurrency; slot += 1) void poller();
  await clock.run();

  return {
    medianMs: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    worstMs: Math.max(...latencies),
    requests,
    splits,
    doneShare: noisyMembers.filter(({ isOpen }) => !isOpen).length / Math.max(1, noisyMembers.length),
  };
}
