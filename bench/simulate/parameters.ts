import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { deployed } from "../deployed.ts";

/** What the model takes for true. Times in ms, at the p50 of a warm function in one region. */
export type Parameters = {
  /** CPU of the functions, measured: bench/results. */
  readonly ingestRequestUs: number;
  readonly ingestEventUs: number;
  readonly batcherOperationUs: number;
  readonly ledgerReadCallUs: number;
  readonly ledgerWriteCallUs: number;
  /** The part of a processor that a function has: it follows from its memory. */
  readonly cpuShare: number;
  readonly sqsCallMs: number;
  readonly ledgerCallMs: number;
  readonly launchdarklyRequestMs: number;
  /** Requests that LaunchDarkly takes in ten seconds. */
  readonly launchdarklyPer10s: number;
  readonly ingestConcurrency: number;
  readonly batcherConcurrency: number;
  readonly batchingWindowMs: number;
};

/** Memory that has a whole processor. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const PROCESSOR_MB = 1_769;
/** Assumed: what a region lets an account run at a time unless it asks for more, all of it for ingest. */
const INGEST_CONCURRENCY = 1_000;

/** Assumed: nothing of AWS or LaunchDarkly was measured for them. */
const ASSUMED = {
  sqsCallMs: 8,
  ledgerCallMs: 6,
  launchdarklyRequestMs: 150,
  launchdarklyPer10s: 100,
};

export function parameters(): Parameters {
  const { memoryMb, maximumConcurrency, batchingWindowMs } = deployed();
  const ingest = figures("ingest");
  const batcher = figures("audience-batcher");
  const calls = figures("aws-calls");
  const single = figureIn(ingest, "one event");
  const batch = figureIn(ingest, "Engage webhook, signed, 500 events");
  return {
    cpuShare: memoryMb / PROCESSOR_MB,
    ingestConcurrency: INGEST_CONCURRENCY,
    batcherConcurrency: maximumConcurrency,
    batchingWindowMs,
    ...ASSUMED,
    ingestRequestUs: Math.max(0, single - batch),
    ingestEventUs: batch,
    batcherOperationUs: figureIn(batcher, "the same with what the ledger's adapter computes"),
    ledgerReadCallUs: figureIn(calls, "BatchGetItem of 100 keys"),
    ledgerWriteCallUs: figureIn(calls, "BatchWriteItem of 25 entries"),
  };
}

const resultFile = z.object({
  measuredAt: z.string(),
  figures: z.array(z.object({ label: z.string(), value: z.number() })),
});
type ResultFile = z.output<typeof resultFile>;

export function figures(scenario: string): ResultFile {
  const path = join(import.meta.dirname, "../results", `${scenario}.json`);
  return resultFile.parse(JSON.parse(readFileSync(path, "utf8")));
}

export function figureIn({ figures: all }: ResultFile, label: string): number {
  const found = all.find((figure) => figure.label === label);
  if (!found) throw new RangeError(`no figure "${label}": run the bench again`);
  return found.value;
}
