import { createHash } from "node:crypto";
import type { Cursors } from "../../functions/audit-log-sweeper/cursors/cursor.ts";
import { sweeper } from "../../functions/audit-log-sweeper/run.ts";
import { type Connections, connectionsFile } from "../../lib/connections/schema.ts";
import { countingRequests } from "../../lib/http/counted-requests.ts";
import { openHttpSession } from "../../lib/http/session.ts";
import { type FlagChange, flagChangesMessage } from "../../lib/messages/flag-changes.ts";
import type { LogFields } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import { memoryCursors } from "./memory-cursors.ts";

/** The sweeper's own code between a real HTTP server and a queue in memory, with a clock that tests move. */
export type LocalSweeper = {
  nowMs: number;
  /** What an invocation is left with, in ms. */
  remainingMs: () => number;
  /** Whether the queue confirms a message; may throw, as a function that is killed there. */
  confirms: (body: string) => boolean;
  readonly cursors: Cursors;
  readonly queued: {
    readonly change: FlagChange;
    readonly isHistorical: boolean;
    readonly connection: string;
  }[];
  readonly ids: () => string[];
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[];
  readonly metrics: Parameters<RecordMetrics>[0][];
  /** An invocation by the schedule. */
  readonly run: () => Promise<unknown>;
  /** An invocation with an event of one's own. */
  readonly invoke: (event: unknown) => Promise<unknown>;
};

export const START_MS = 1_800_000_000_000;

export type SweepOptions = {
  readonly sweep?: Readonly<Record<string, unknown>>;
  readonly only?: Readonly<Record<string, unknown>>;
};

/** One connection `one` that sweeps what `api` has, and further ones by their own api. */
export function connectionsTo(
  apis: Readonly<Record<string, string>>,
  options: SweepOptions = {},
): Connections {
  const names = Object.keys(apis);
  return connectionsFile.parse({
    launchdarkly: Object.fromEntries(
      names.map((name) => [
        name,
        { clientSideId: name, instance: { api: apis[name], events: apis[name] }, secret: `ld-${name}` },
      ]),
    ),
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: Object.fromEntries(
      names.map((name) => [
        name,
        {
          source: "launchdarkly",
          secret: name,
          posthog: { to: ["main"], only: options.only },
          sweep: { using: name, every: "15m", overlap: "10m", ...options.sweep },
        },
      ]),
    ),
  });
}

export function localSweeper(connections: Connections, cursors: Cursors = memoryCursors()): LocalSweeper {
  const line =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      local.lines.push({ level, event, fields });
    };
  const take = (body: string): boolean => {
    if (!local.confirms(body)) return false;
    const { changes, connection, isHistorical = false } = flagChangesMessage.parse(JSON.parse(body));
    local.queued.push(...changes.map((change) => ({ change, connection, isHistorical })));
    return true;
  };
  const sweep = sweeper({
    timeoutMs: 5_000,
    connections,
    secrets: {
      readSecrets: async (names) =>
        new Map(names.map((name) => [name, { kind: "usable", value: { accessToken: `token of ${name}` } }])),
      onProblem: (problem) => line("error")("secret.unusable", { problem }),
    },
    cursors,
    send: async ({ bodies }) =>
      bodies.map((body) => (take(body) ? { kind: "confirmed" } : { kind: "failed", code: "InternalError" })),
    digest: (text) => createHash("sha256").update(text).digest("hex"),
    now: () => local.nowMs,
    userAgent: "Flagbridge/1",
    log: { info: line("info"), warn: line("warn"), error: line("error") },
    recordMetrics: (values) => local.metrics.push({ ...values }),
  });
  const local: LocalSweeper = {
    nowMs: START_MS,
    remainingMs: () => 60_000,
    confirms: () => true,
    cursors,
    queued: [],
    ids: () => local.queued.map(({ change }) => change.id),
    lines: [],
    metrics: [],
    run: () => local.invoke({ source: "aws.events", "detail-type": "Scheduled Event" }),
    invoke: async (event) => {
      const session = openHttpSession();
      try {
        const context = {
          ...countingRequests(session),
          getRemainingTimeInMillis: () => local.remainingMs(),
        };
        return await sweep(event, context);
      } finally {
        session.close();
      }
    },
  };
  return local;
}
