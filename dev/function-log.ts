import * as z from "zod";

/**
 * One line a function wrote, for a person: `12:00:00.000 INFO  audience-batcher audience.flushed members=3`.
 * Undefined for what is for CloudWatch alone. Text that is not Powertools' JSON stays as it is.
 */
export function renderFunctionLine(functionName: string, line: string): string | undefined {
  const parsed = parseObject(line);
  if (!parsed) return `${functionName} ${line}`;
  if ("_aws" in parsed) return undefined;
  const entry = powertoolsLine.safeParse(parsed);
  if (!entry.success) return `${functionName} ${line}`;
  const { level, message, timestamp, error, ...rest } = entry.data;
  const time = /T(\d\d:\d\d:\d\d\.\d{3})/.exec(timestamp)?.[1] ?? timestamp;
  const fields = Object.entries(rest)
    .filter(([name]) => !alwaysTheSame.has(name))
    .map(([name, value]) => ` ${name}=${renderValue(value)}`);
  return `${time} ${level.padEnd(5)} ${functionName} ${message}${fields.join("")}${renderError(error)}`;
}

/** https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/#standard-structured-keys */
const powertoolsLine = z.looseObject({
  level: z.string(),
  message: z.string(),
  timestamp: z.string(),
  error: z.looseObject({ stack: z.string().optional(), message: z.string().optional() }).optional(),
});

const alwaysTheSame = new Set([
  "service",
  "sampling_rate",
  "cold_start",
  "function_arn",
  "function_name",
  "function_memory_size",
  "function_request_id",
  "xray_trace_id",
]);

function parseObject(line: string): object | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function renderValue(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function renderError(
  error: { stack?: string | undefined; message?: string | undefined } | undefined,
): string {
  if (!error) return "";
  return `\n  ${(error.stack ?? error.message ?? "").replaceAll("\n", "\n  ")}`;
}
