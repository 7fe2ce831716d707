import type { SQSRecord } from "aws-lambda";
import { type ApplyPorts, applySegment, type SegmentJob } from "../../lib/audience/apply-segment.ts";
import type { HoldRules } from "../../lib/audience/hold.ts";
import { type RoutesOf, startPlan } from "../../lib/audience/plan.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { type Fate, worseFate } from "../../lib/delivery/fate.ts";
import { agedFate, type RecordOutcome } from "../../lib/delivery/settle-batch.ts";
import { readRecord } from "./read-record.ts";

export type FlushPorts = ApplyPorts & {
  readonly connections: Connections;
  readonly routesOf: RoutesOf;
};

/** Segments worked on at once: each waits for LaunchDarkly most of the time, and their requests share one limit. */
const SEGMENTS_SIDE_BY_SIDE = 8;

/** Brings everything in a batch of records to LaunchDarkly, and says what became of every operation. */
export async function flush(
  records: readonly SQSRecord[],
  ports: FlushPorts,
  rules: HoldRules,
): Promise<RecordOutcome[]> {
  const nowMs = ports.clock.now();
  const fates: (Fate | undefined)[] = [];
  const settle = (item: number, fate: Fate): void => {
    fates[item] = worseFate(fates[item], fate);
  };
  const plan = startPlan({ ...ports, settle, nowMs });
  let items = 0;
  const finish = records.map((record) => {
    const read = readRecord(record);
    if (read.kind === "unreadable") return () => unreadable(record, read.cause);
    const firstItem = items;
    items += read.message.operations.length;
    plan.add({ message: read.message, firstItem });
    const { connection, acceptedAt } = read.message;
    const lastItem = items;
    return () =>
      outcomeOf(record, { connection, acceptedAt }, fates, { firstItem, lastItem }, ports.clock.now());
  });
  const jobs = plan.jobs();
  await sideBySide(jobs, (job) =>
    applySegment(job, (candidate, fate) => settleAll(candidate.items, fate, settle), ports, rules),
  );
  return finish.map((finished) => finished());
}

function settleAll(items: readonly number[], fate: Fate, settle: (item: number, fate: Fate) => void): void {
  for (const item of items) settle(item, fate);
}

async function sideBySide(
  jobs: readonly SegmentJob<number>[],
  apply: (job: SegmentJob<number>) => Promise<void>,
): Promise<void> {
  const waiting = [...jobs].reverse();
  const worker = async (): Promise<void> => {
    for (let job = waiting.pop(); job; job = waiting.pop()) await apply(job);
  };
  await Promise.all(Array.from({ length: SEGMENTS_SIDE_BY_SIDE }, worker));
}

type Sender = { readonly connection: string; readonly acceptedAt: number };

function outcomeOf(
  record: SQSRecord,
  { connection, acceptedAt }: Sender,
  allFates: readonly (Fate | undefined)[],
  { firstItem, lastItem }: { readonly firstItem: number; readonly lastItem: number },
  nowMs: number,
): RecordOutcome {
  const fates = Array.from(
    { length: lastItem - firstItem },
    (_, offset) => allFates[firstItem + offset] ?? unsettled,
  );
  return {
    ...deliveryOf(record),
    acceptedAt,
    connection,
    fates: fates.map((fate) => agedFate(fate, acceptedAt, nowMs)),
    bodyOf: (kept) => bodyWith(record, kept),
  };
}

/** The message with these of its operations only. Read again, because few need it and keeping all would double the memory. */
function bodyWith(record: SQSRecord, kept: readonly number[]): string {
  const read = readRecord(record);
  if (read.kind === "unreadable") return record.body;
  const { message } = read;
  return JSON.stringify({ ...message, operations: kept.map((item) => message.operations[item]) });
}

function unreadable(record: SQSRecord, cause: string): RecordOutcome {
  return {
    ...deliveryOf(record),
    connection: "unknown",
    fates: [{ kind: "dead", reason: "invalid-message", cause }],
    bodyOf: () => record.body,
  };
}

function deliveryOf({ messageId, receiptHandle, attributes }: SQSRecord) {
  return {
    messageId,
    receiptHandle,
    receives: Number(attributes.ApproximateReceiveCount),
    firstReceivedAtMs: Number(attributes.ApproximateFirstReceiveTimestamp),
  };
}

/** Not provably done. Reached only if a connection has no environment, which the configuration does not allow. */
const unsettled: Fate = { kind: "retry", reason: "unsettled", delay: { kind: "configuration" } };
