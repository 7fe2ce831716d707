import type { QueueKind } from "../lib/connections/queues.ts";
import { EVENTS } from "../lib/observability/fields.ts";
import { clock, type OpenFunction, openQueues } from "./compose.ts";
import type { ConsumerEnvironment } from "./environment.ts";
import { settleRecords } from "./settle-records.ts";

/** What dead letters and metrics call the place where items of a kind go, and the name of a batch's line in the log. */
const LINES_OF = {
  "audience-operations": { service: "launchdarkly", event: EVENTS.audienceFlushed },
  "metric-events": { service: "launchdarkly-events", event: EVENTS.metricsForwarded },
  "flag-changes": { service: "posthog", event: EVENTS.flagChangesForwarded },
  erasures: { service: "launchdarkly", event: EVENTS.erasuresHandled },
} satisfies Record<QueueKind, { service: string; event: string }>;

/** The middleware that settles the records of a function's queues, which are all of one kind. */
export function openSettling(
  { queueUrlPrefix, requestTimeoutMs }: ConsumerEnvironment,
  { log, recordMetrics }: Pick<OpenFunction, "log" | "recordMetrics">,
  kind: QueueKind,
) {
  const { service, event } = LINES_OF[kind];
  const reserveMs = Math.floor(requestTimeoutMs / 2);
  const { now, random } = clock;
  return settleRecords({
    queues: openQueues(),
    queueUrlPrefix,
    kind,
    service,
    event,
    reserveMs,
    now,
    random,
    log,
    recordMetrics,
  });
}
