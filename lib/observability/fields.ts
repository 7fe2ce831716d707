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

/** Counts of items, unless the name ends in a unit. */
export const METRICS = {
  itemsAccepted: "ItemsAccepted",
  itemsRejected: "ItemsRejected",
  requestsRefused: "RequestsRefused",
  ingestMs: "IngestMs",
  itemsApplied: "ItemsApplied",
  itemsUnchanged: "ItemsUnchanged",
  itemsStale: "ItemsStale",
  /** By reason, as the two below. */
  itemsDropped: "ItemsDropped",
  itemsDead: "ItemsDead",
  itemsRetried: "ItemsRetried",
  /** To the function's destination. */
  requests: "Requests",
  flushMs: "FlushMs",
} as const;
