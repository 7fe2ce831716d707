/**
 * The names that logs, metrics, alarms and the dashboard share. A reason is the same text in a log line, a metric's
 * dimension and docs/errors.md.
 */

/** One wide line per unit of work. */
export const EVENTS = {
  /** Once, at a cold start, at the level DEBUG. */
  functionOpened: "function.opened",
  ingestAnswered: "ingest.answered",
  ingestFailed: "ingest.failed",
  secretUnusable: "secret.unusable",
  segmentUnusable: "segment.unusable",
  audienceFlushed: "audience.flushed",
  metricsForwarded: "metrics.forwarded",
  flagChangesForwarded: "flag-changes.forwarded",
  /** A batch of erasures, in numbers. */
  erasuresHandled: "erasures.handled",
  /** The receipt of one erasure: it is done. */
  erasureDone: "erasure.done",
  /** One erasure that comes again. */
  erasurePutBack: "erasure.put-back",
  queueRefused: "queue.refused",
  auditLogSwept: "audit-log.swept",
  auditLogUnreadable: "audit-log.unreadable",
  auditLogBackfilled: "audit-log.backfilled",
  protocolStepFailed: "protocol.step-failed",
} as const;

/**
 * Custom metrics, in the namespace of the stage: counts, unless the name ends in a unit. Every one is recorded for its
 * function (`service`), and by the dimensions that stand beside it.
 */
export const METRICS = {
  /** `connection` */
  itemsAccepted: "ItemsAccepted",
  /** `connection`; `connection` and `code` together, the code as in docs/errors.md */
  itemsRejected: "ItemsRejected",
  /** The rejected items of requests of which nothing could be used; each of these requests is one sample. `connection` */
  itemsOfRejectedRequests: "ItemsOfRejectedRequests",
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
  /** Put back into the queue because their turn has not come, each time. `reason` */
  itemsWaiting: "ItemsWaiting",
  /** Put back into the queue after a failure, each time. `reason` */
  itemsRetried: "ItemsRetried",
  /** Since its acceptance, of the oldest message that an invocation puts back into its queue. `destination`, by its name in connections.yml */
  oldestRetriedMs: "OldestRetriedMs",
  /** From when an item became true at its source until it was applied. `connection` */
  eventToAppliedMs: "EventToAppliedMs",
  /** `destination` and `status` together: an HTTP status, or why there was none */
  requests: "Requests",
  /** Batches whose destination was closed when they came or when they ended. `destination`, its name in connections.yml */
  destinationClosed: "DestinationClosed",
  /** Entries of the audit log that the sweeper queued. */
  changesQueued: "ChangesQueued",
  /** Feeds whose sweep did not come to its end. `reason` */
  sweepsHalted: "SweepsHalted",
  /** How long ago the audit log was last swept to its end, of the feed that is furthest behind. */
  cursorAgeMs: "CursorAgeMs",
  /** By how much that is more than the feed's `every`. */
  sweepLateMs: "SweepLateMs",
} as const;
