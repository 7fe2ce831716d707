import type { Logger } from "@aws-lambda-powertools/logger";
import { EVENTS } from "./fields.ts";

/** A value that is safe to log: never a payload, a member key or a secret. */
export type LogField =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly LogField[]
  | { readonly [name: string]: LogField };
export type LogFields = { readonly [name: string]: LogField };

/** A line is a dotted past-tense name from `fields.ts` and its fields. */
export type Log = {
  readonly info: (event: string, fields?: LogFields) => void;
  readonly warn: (event: string, fields?: LogFields) => void;
  readonly error: (event: string, fields?: LogFields) => void;
};

/** Service and level come from Powertools' own environment variables. */
export function logTo(logger: Logger): Log {
  return {
    info: (event, fields = {}) => logger.info(event, { ...fields }),
    warn: (event, fields = {}) => logger.warn(event, { ...fields }),
    error: (event, fields = {}) => logger.error(event, { ...fields }),
  };
}

/** Where an unforeseen error came from. Its message is left out: it may quote what was being worked on. */
export function faultFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { errorName: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const requestId = awsRequestIdOf(error);
  return {
    errorName: error.name,
    at: frames.slice(0, 8).map((line) => line.trim()),
    ...(requestId !== undefined && { awsRequestId: requestId }),
  };
}

/** Writes a line for an error that nobody expected: the step that it ended, and where it came from. */
export function noteFaultsIn({ warn }: Pick<Log, "warn">): (step: string, error: unknown) => void {
  return (step, error) => warn(EVENTS.protocolStepFailed, { step, ...faultFields(error) });
}

/** AWS's id of the call that failed, of the error itself or of what caused it; undefined where AWS gave none. */
export function awsRequestIdOf(error: unknown): string | undefined {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ("requestId" in one && typeof one.requestId === "string") return one.requestId;
    const metadata: unknown = "$metadata" in one ? one.$metadata : undefined;
    if (typeof metadata === "object" && metadata !== null && "requestId" in metadata)
      return typeof metadata.requestId === "string" ? metadata.requestId : undefined;
  }
  return undefined;
}
