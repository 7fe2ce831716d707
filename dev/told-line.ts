import * as z from "zod";
import { visible } from "../cli/visible.ts";
import { isObject, readJson } from "../lib/json.ts";
import { clockTime } from "./clock-time.ts";
import { type AnsweredLine, type BatchLine, trafficIn } from "./traffic-lines.ts";

/** One line of a function's log in plain words. */
export type ToldLine = {
  /** Unix ms; undefined for text that says no time. */
  readonly atMs: number | undefined;
  /** The connection that was sent to, the destination of a batch, or the function. */
  readonly who: string;
  readonly what: string;
  /** `idle`: nothing has changed, and nothing is wrong. */
  readonly tone: "fine" | "idle" | "warning" | "error";
  /** Codes and reasons that docs/errors.md explains, and that somebody has to do something about. */
  readonly codes: readonly string[];
  /** What to type to look into it. */
  readonly next?: string;
};

/** Undefined for what is for CloudWatch alone. Text that is not Powertools' JSON stays as it is. */
export function tellLine(functionName: string, line: string): ToldLine | undefined {
  const parsed = line.startsWith("{") ? readJson(line) : undefined;
  if (isObject(parsed) && "_aws" in parsed) return undefined;
  const entry = powertoolsLine.safeParse(parsed).data;
  if (!entry) {
    const tone = /^(invocation |\S*Error\b)/.test(line) ? "error" : "fine";
    return { atMs: undefined, who: functionName, what: line, tone, codes: [] };
  }
  const atMs = Date.parse(entry.timestamp);
  const traffic = trafficIn(parsed);
  if (traffic?.message === "ingest.answered") return { atMs, ...answered(traffic) };
  if (traffic) return { atMs, ...flushed(traffic) };
  const swept = sweptLine.safeParse(entry).data;
  if (swept) return { atMs, who: "audit log", ...sweepOf(swept) };
  const tone = entry.level === "ERROR" ? "error" : entry.level === "WARN" ? "warning" : "fine";
  const problem = problemLine.safeParse(entry).data;
  const what = problem ? `${problem.message}: ${visible(problem.problem)}` : wordsOf(entry);
  return { atMs, who: functionName, what, tone, codes: [] };
}

function answered({ status, connection, accepted, ignored, rejected, repeated, code, causes }: AnsweredLine) {
  const who = connection ?? "–";
  if (code !== undefined) {
    const what = [`${status} refused: ${code}`, ...causes].join("; ");
    return { who, what, tone: status >= 500 ? "error" : "warning", codes: [code] } as const;
  }
  const counts = [
    `accepted ${accepted}`,
    ...counted(rejected, (count) => `rejected ${count}`),
    ...counted(ignored, (count) => `ignored ${count}`),
    ...(repeated ? ["taken before"] : []),
  ];
  const what = [`${status} ${counts.join(", ")}`, ...causes].join("; ");
  const codes = Object.keys(rejected);
  return { who, what, tone: codes.length + causes.length > 0 ? "warning" : "fine", codes } as const;
}

function flushed(line: BatchLine) {
  const { message, destination, applied, unchanged, stale, dropped, dead, waiting, retried, ms, closed } =
    line;
  const parts = [
    ...(applied > 0 ? [counting(applied, APPLIED[message])] : []),
    ...(unchanged > 0 ? [`${unchanged} already there`] : []),
    ...(stale > 0 ? [`${stale} older than what is there`] : []),
    ...counted(dropped, (count) => `${count} left out`),
    ...counted(waiting, (count) => `${count} waiting`),
    ...counted(retried, (count) => `${count} to be tried again`),
    ...counted(dead, (count) => counting(count, ["dead letter", "dead letters"])),
  ];
  const rest = closed ? [`closed until ${clockTime(Date.parse(closed.until))} (${closed.why})`] : [];
  const what = `${parts.join(", ") || "nothing"} in ${ms} ms${rest.map((text) => `; ${text}`).join("")}`;
  const [hasDead, hasRetried] = [dead, retried].map((counts) => Object.keys(counts).length > 0);
  const tone = hasDead ? "error" : hasRetried || closed ? "warning" : applied > 0 ? "fine" : "idle";
  const codes = [dead, retried].flatMap(Object.keys);
  return { who: `→ ${destination}`, what, tone, codes, ...(hasDead && { next: LETTERS }) } as const;
}

const LETTERS = "npx flagbridge dead-letters lists them; the console shows each, and sends it again.";

const APPLIED = {
  "audience.flushed": ["member changed", "members changed"],
  "metrics.forwarded": ["metric event sent", "metric events sent"],
  "flag-changes.forwarded": ["flag change sent", "flag changes sent"],
} as const satisfies Record<BatchLine["message"], readonly [string, string]>;

const sweptLine = z.object({
  message: z.literal("audit-log.swept"),
  queued: z.number(),
  unreadable: z.number(),
  crowded: z.number(),
  halted: z.record(z.string(), z.number()),
  ms: z.number(),
});

function sweepOf({ queued, unreadable, crowded, halted, ms }: z.output<typeof sweptLine>) {
  const found = [
    counting(queued, ["change found", "changes found"]),
    ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
    ...(crowded > 0 ? [`${crowded} times more changes in one ms than a page holds`] : []),
    ...counted(halted, (count) => `${count} of its feeds halted`),
  ];
  const isWell = unreadable + crowded + Object.keys(halted).length === 0;
  const what = `${found.join(", ")} in ${ms} ms`;
  return { what, tone: isWell ? "fine" : "warning", codes: Object.keys(halted) } as const;
}

/** https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/#standard-structured-keys */
const powertoolsLine = z.looseObject({
  level: z.string(),
  message: z.string(),
  timestamp: z.string(),
  error: z.looseObject({ stack: z.string().optional(), message: z.string().optional() }).optional(),
});

/** A line that says in one sentence what is wrong, and what to do. */
const problemLine = z.object({
  message: z.enum(["secret.unusable", "segment.unusable"]),
  problem: z.string(),
});

const ALWAYS_THE_SAME = new Set([
  "level",
  "message",
  "timestamp",
  "error",
  "service",
  "sampling_rate",
  "cold_start",
  "function_arn",
  "function_name",
  "function_memory_size",
  "function_request_id",
  "xray_trace_id",
]);

/** Of a line that has no words of its own, its name and its fields. */
function wordsOf(entry: z.output<typeof powertoolsLine>): string {
  const fields = Object.entries(entry)
    .filter(([name]) => !ALWAYS_THE_SAME.has(name))
    .map(([name, value]) => ` ${name}=${renderValue(value)}`);
  const trace = entry.error && (entry.error.stack ?? entry.error.message ?? "");
  return `${entry.message}${fields.join("")}${trace === undefined ? "" : `\n  ${trace.replaceAll("\n", "\n  ")}`}`;
}

function renderValue(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** The sum of counts in words, with their reasons: each reason with its count where there are several. */
function counted(
  counts: Readonly<Record<string, number>>,
  words: (count: number) => string,
): readonly string[] {
  const each = Object.entries(counts);
  if (each.length === 0) return [];
  const reasons =
    each.length === 1 ? each.map(([reason]) => reason) : each.map(([reason, n]) => `${reason} ${n}`);
  return [`${words(each.reduce((sum, [, count]) => sum + count, 0))} (${reasons.join(", ")})`];
}

function counting(count: number, [one, several]: readonly [string, string]): string {
  return `${count} ${count === 1 ? one : several}`;
}
