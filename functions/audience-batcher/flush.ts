import { applySegment } from "../../lib/audience/apply-segment.ts";
import type { Clock, HoldRules } from "../../lib/audience/hold.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import { type RouteTo, startPlan } from "../../lib/audience/plan.ts";
import { searchRefused } from "../../lib/audience/search-refused.ts";
import type { ApplyPorts, SegmentJob } from "../../lib/audience/segment-work.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { type MessageKind, startBatch } from "../../lib/delivery/batch.ts";
import { unlessClosed } from "../../lib/delivery/closed-batch.ts";
import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import type { RecordOutcome } from "../../lib/delivery/settle.ts";
import { sideBySide } from "../../lib/delivery/side-by-side.ts";
import { type SplitBudgets, splitBudgetOf } from "../../lib/delivery/split-budget.ts";
import { noBreakers } from "../../lib/http/breaker.ts";
import type { SecretPorts } from "../../lib/http/credential.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { accessToken } from "../../lib/launchdarkly/client.ts";
import {
  type AudienceOperationsMessage,
  audienceOperationsMessage,
  isAudienceOperationsMessage,
} from "../../lib/messages/audience-operations.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { type Log, noteFaultsIn } from "../../lib/observability/log.ts";
import type { Invocation } from "../settle-records.ts";
import { routeTo } from "./destinations.ts";

export type FlushPorts = Omit<ApplyPorts, "moreIsWaiting" | "postpone"> & {
  readonly connections: Connections;
  readonly to: RouteTo;
};

/** Segments worked on at once: each waits for LaunchDarkly most of the time, and their requests share one limit. */
export const SEGMENTS_SIDE_BY_SIDE = 8;

/**
 * Lambda closes a batch at 6 MB (with attributes, and with every quote of a body escaped), at 10,000 records, or when its
 * window ends. A batch of this size, counted without escapes, was nearly always closed because the next record did not fit.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
 */
const FULL_BATCH_BYTES = 5_200_000;
const ATTRIBUTES_BYTES = 800;

const operations: MessageKind<AudienceOperationsMessage> = {
  schema: audienceOperationsMessage,
  isRight: isAudienceOperationsMessage,
  countItems: (message) => message.operations.length,
  timesOf: (message) => message.operations.map(({ at }) => at),
  withItems: (message, kept) => ({
    ...message,
    operations: kept.flatMap((item) => message.operations[item] ?? []),
  }),
};

export type AudienceBatcherPorts = {
  readonly connections: Connections;
  readonly secrets: SecretPorts<{ readonly accessToken: string }>;
  readonly ledger: Ledger;
  readonly clock: Clock & { readonly random: () => number };
  readonly rules: HoldRules;
  readonly userAgent: string;
  readonly log: Log;
};

/** The work of the function. It remembers limits, closed environments and searches from one invocation to the next. */
export function audienceBatcher(ports: AudienceBatcherPorts) {
  const { connections, secrets, ledger, clock, rules, userAgent, log } = ports;
  const limits = noLimits();
  const breakers = noBreakers();
  const budgets: SplitBudgets = new Map();
  const noteFault = noteFaultsIn(log);
  return async (
    records: readonly QueuedRecord[],
    { destination, http, budget }: Pick<Invocation, "destination" | "http" | "budget">,
  ) => {
    const to = routeTo(destination, connections, {
      http,
      now: clock.now,
      accessToken: (secret, after) => accessToken(secret, after, secrets),
      noteProblem: (problem) => log.error(EVENTS.segmentUnusable, { problem }),
      limits,
      breakers,
      timeoutMs: rules.requestTimeoutMs,
      userAgent,
    });
    const { random } = clock;
    const splits = splitBudgetOf(budgets, destination, clock.now);
    const flushPorts = { connections, to, ledger, clock, budget, random, splits, noteFault };
    return unlessClosed(records, {
      closedNow: to.closedNow,
      now: clock.now,
      work: (some) => flush(some, flushPorts, rules),
    });
  };
}

/** Brings everything in a batch of records to its environment of LaunchDarkly, and says what became of every operation. */
export async function flush(
  records: readonly QueuedRecord[],
  ports: FlushPorts,
  rules: HoldRules,
): Promise<RecordOutcome[]> {
  const { connections, to, ledger, clock, budget, random, splits, noteFault } = ports;
  const batch = startBatch(operations, noteFault);
  const plan = startPlan({ connections, to, settle: batch.settle, nowMs: clock.now() });
  batch.read(records, (message, firstItem) => plan.add({ message, firstItem }));
  const searchPorts = {
    ledger,
    clock,
    budget,
    random,
    noteFault,
    splits,
    moreIsWaiting: isFull(records),
  };
  const refused: SegmentJob[] = [];
  const applyPorts = { ...searchPorts, postpone: (job: SegmentJob) => void refused.push(job) };
  const apply = (job: SegmentJob) => applySegment(job, batch.settle, applyPorts, rules);
  const jobs = plan.jobs();
  const unsure = new Set(jobs.filter(({ writer }) => writer.awaitsProbe?.()));
  const known = jobs.filter((job) => !unsure.has(job));
  const later: SegmentJob[] = [];
  // Beside a probe every other segment of its kind would be put back, for a minute or more, though the environment may be back.
  const probe = async (): Promise<void> => {
    for (const job of unsure) {
      if (job.writer.awaitsProbe?.()) await apply(job);
      else later.push(job);
    }
  };
  await sideBySide([probe, ...known.map((job) => () => apply(job))], SEGMENTS_SIDE_BY_SIDE, (work) => work());
  await sideBySide(later, SEGMENTS_SIDE_BY_SIDE, apply);
  await searchRefused(refused, batch.settle, searchPorts, rules);
  return batch.outcomes(clock.now());
}

function isFull(records: readonly QueuedRecord[]): boolean {
  return records.reduce((bytes, { body }) => bytes + body.length + ATTRIBUTES_BYTES, 0) >= FULL_BATCH_BYTES;
}
