import * as z from "zod";
import { readJson } from "../lib/json.ts";

const counts = z.record(z.string(), z.number()).default({});
/** What is read of a request's line in the log of ingest. */
const answeredLine = z.object({
  message: z.literal("ingest.answered"),
  requestId: z.string(),
  status: z.number().default(200),
  connection: z.string().optional(),
  accepted: z.number().default(0),
  ignored: counts,
  rejected: counts,
  repeated: z.boolean().default(false),
  code: z.string().optional(),
  causes: z.array(z.string()).default([]),
});
/** And of the line of a batch in the logs of the functions that deliver. */
const batchLine = z.object({
  message: z.enum(["audience.flushed", "metrics.forwarded", "flag-changes.forwarded"]),
  destination: z.string(),
  applied: z.number(),
  unchanged: z.number(),
  stale: z.number(),
  dropped: counts,
  dead: counts,
  waiting: counts,
  retried: counts,
  requests: counts,
  ms: z.number().default(0),
  closed: z.object({ why: z.string(), until: z.string() }).optional(),
});
const trafficLine = z.discriminatedUnion("message", [answeredLine, batchLine]);

export type AnsweredLine = z.output<typeof answeredLine>;
export type BatchLine = z.output<typeof batchLine>;

/** What a line says, read as JSON; undefined for every other line. */
export function trafficIn(value: unknown): AnsweredLine | BatchLine | undefined {
  return trafficLine.safeParse(value).data;
}

/** The same of the text of a line. */
export function parseTrafficLine(line: string): AnsweredLine | BatchLine | undefined {
  return line.startsWith("{") ? trafficIn(readJson(line)) : undefined;
}
