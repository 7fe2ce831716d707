import * as z from "zod";

const counts = z.record(z.string(), z.number()).default({});
/** What is read of a request's line in the log of ingest. */
const answeredLine = z.object({
  message: z.literal("ingest.answered"),
  requestId: z.string(),
  connection: z.string().optional(),
  accepted: z.number().default(0),
  ignored: counts,
  rejected: counts,
  code: z.string().optional(),
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
  retried: counts,
  requests: counts,
});
const trafficLine = z.discriminatedUnion("message", [answeredLine, batchLine]);

export type AnsweredLine = z.output<typeof answeredLine>;
export type BatchLine = z.output<typeof batchLine>;

/** Undefined for every other line. */
export function parseTrafficLine(line: string): AnsweredLine | BatchLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return trafficLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
