/**
 * The names that logs, metrics, alarms and the dashboard share. A reason is the same text in a log line, a metric's
 * dimension and docs/errors.md.
 */

/** One wide line per unit of work. */
export const EVENTS = {
  ingestAnswered: "ingest.answered",
  ingestFailed: "ingest.failed",
  secretUnusable: "secret.unusable",
  segmentUnusable: "segment.unusable",
  audienceFlushed: "audience.flushed",
  metricsForwarded: "metrics.forwarded",
  queueRefused: "queue.refused",
  protocolStepFailed: "protocol.step-failed",
} as const;

/**
 * Custom metrics, in the namespace of the stage: counts, unless the name ends in a unit. Every one is recorded for its
 * function (`service`), and by the dimensions that stand beside it.
 */
export const METRICS = {
  /** `connection` */
  itemsAccepted: "ItemsAccepted",
  /** `connection`; `code` as in docs/errors.md */
  itemsRejected: "ItemsRejected",
  /** `connection`, where it is known; `code` */
  requestsRefused: "RequestsRefused",
  /** What LaunchDarkly or PostHog acknowledged. `connection` */
  itemsApplied: "ItemsApplied",
  /** Already there. `connection` */
  itemsUnchanged: "ItemsUnchanged",
  /** Older than what is there. `connection` */
  itemsStale: "ItemsStale",
  /** `connection`; `reason` */
  itemsDropped: "ItemsDropped",
  /** `connection`; `reason`, the dead letter's own */
  itemsDead: "ItemsDead",
  /** Each attempt that has to be repeated. `reason` */
  itemsRetried: "ItemsRetried",
  /** Since its acceptance, of the oldest message that an invocation puts back into its queue. */
  oldestRetriedMs: "OldestRetriedMs",
  /** From when an item became true at its source until it was applied. `connection` */
  eventToAppliedMs: "EventToAppliedMs",
  /** `destination` and `status` together: an HTTP status, or why there was none */
  requests: "Requests",
  /** Of each sweep: how long ago the audit log was last read to its end. `connection` */
  sweepAgeMs: "SweepAgeMs",
} as const;
