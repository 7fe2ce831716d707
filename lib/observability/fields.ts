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
  flagChangesForwarded: "flag-changes.forwarded",
  queueRefused: "queue.refused",
  auditLogSwept: "audit-log.swept",
  auditLogUnreadable: "audit-log.unreadable",
  auditLogBackfilled: "audit-log.backfilled",
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
  /** Of the audit log. */
  entriesRead: "EntriesRead",
  changesQueued: "ChangesQueued",
  /** By reason: feeds whose sweep did not come to its end. */
  sweepsHalted: "SweepsHalted",
  sweepMs: "SweepMs",
  /** How long ago the audit log was last swept to its end, of the feed that is furthest behind. */
  cursorAgeMs: "CursorAgeMs",
  /** By how much that is more than the feed's `every`: what an alarm for a late sweeper looks at. */
  sweepLateMs: "SweepLateMs",
} as const;
