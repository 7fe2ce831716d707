import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

/** What serverless.yml gives the functions: what is measured runs with the same. */
export type Deployed = {
  readonly memoryMb: number;
  /** How long Lambda collects records for a batch. */
  readonly batchingWindowMs: number;
  /** Invocations of the batcher at a time. */
  readonly maximumConcurrency: number;
  /** As NODE_OPTIONS has them. */
  readonly nodeOptions: string;
};

const file = z.object({
  params: z.object({
    default: z.object({ memory: z.int(), batchingWindow: z.int(), maximumConcurrency: z.int() }),
  }),
  provider: z.object({ environment: z.object({ NODE_OPTIONS: z.string() }) }),
});

export function deployed(): Deployed {
  const text = readFileSync(join(import.meta.dirname, "../serverless.yml"), "utf8");
  const { params, provider } = file.parse(parse(text, { logLevel: "silent" }));
  const { memory, batchingWindow, maximumConcurrency } = params.default;
  return {
    memoryMb: memory,
    batchingWindowMs: batchingWindow * 1_000,
    maximumConcurrency,
    nodeOptions: provider.environment.NODE_OPTIONS,
  };
}
