import { recordRequests } from "../../lib/delivery/record-batch.ts";
import type { RequestCounts } from "../../lib/http/counted-requests.ts";
import { EVENTS, METRICS } from "../../lib/observability/fields.ts";
import type { Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import type { Feed } from "./destinations.ts";
import type { Ending } from "./sweep.ts";
import { type Tally, totalOf } from "./tally.ts";

export type Observers = { readonly log: Log; readonly recordMetrics: RecordMetrics };

/** What a run did with one feed. `sweptUntil` is undefined when its cursor could not be read. */
export type FeedRun = {
  readonly feed: Feed;
  readonly tally: Tally;
  readonly ending: Ending | { readonly kind: "not-due" };
  readonly sweptUntil: number | undefined;
};

/**
 * One wide line per run that found something or was halted, one per feed that a person has to look after, and how far behind
 * the feeds are after every run. Lambda's own metric tells whether it runs at all.
 */
export function recordRun(
  runs: readonly FeedRun[],
  spent: { readonly requests: RequestCounts; readonly ms: number; readonly nowMs: number },
  { log, recordMetrics }: Observers,
): void {
  // If no connection sweeps, there is nothing to watch.
  if (runs.length === 0) return;
  const { requests, ms, nowMs } = spent;
  const worked = runs.filter(({ ending }) => ending.kind !== "not-due");
  const counts = totalOf(worked.map(({ tally }) => tally));
  const halted: Record<string, number> = {};
  for (const { feed, ending } of worked) {
    if (ending.kind !== "stopped" && ending.kind !== "misconfigured") continue;
    halted[ending.reason] = (halted[ending.reason] ?? 0) + 1;
    if (ending.kind === "misconfigured") recordUnreadable(feed, ending.reason, log);
  }
  const { queued, unreadable, crowded } = counts;
  const isTelling = queued + unreadable + crowded + Object.keys(halted).length > 0;
  if (isTelling) log.info(EVENTS.auditLogSwept, { feeds: worked.length, ...counts, halted, requests, ms });

  const known = runs.flatMap(({ feed, sweptUntil }) =>
    sweptUntil === undefined ? [] : [{ everyMs: feed.everyMs, ageMs: Math.max(0, nowMs - sweptUntil) }],
  );
  recordMetrics({
    [METRICS.changesQueued]: counts.queued,
    ...(known.length > 0 && {
      [METRICS.cursorAgeMs]: Math.max(...known.map(({ ageMs }) => ageMs)),
      [METRICS.sweepLateMs]: Math.max(...known.map(({ ageMs, everyMs }) => Math.max(0, ageMs - everyMs))),
    }),
  });
  for (const [reason, feeds] of Object.entries(halted))
    recordMetrics({ [METRICS.sweepsHalted]: feeds }, { reason });
  const destination = "launchdarkly-audit-log";
  recordRequests(destination, requests, recordMetrics);
}

/** Says whose token or address is at fault, and what to do. No line quotes LaunchDarkly or a secret. */
export function recordUnreadable({ connection, spec, using }: Feed, reason: string, log: Log): void {
  const remedy =
    REMEDIES.get(reason) ?? "compare launchdarkly and sweep in connections.yml with LaunchDarkly";
  log.error(EVENTS.auditLogUnreadable, { connection, spec, ...using, reason, remedy });
}

const REMEDIES: ReadonlyMap<string, string> = new Map([
  [
    "launchdarkly-400",
    "correct sweep.spec of the connection: it has to name the environment too, as proj/*:env/*:flag/*",
  ],
  ["launchdarkly-401", "put an access token that LaunchDarkly knows into the secret"],
  ["launchdarkly-403", "give the access token in the secret the role Reader, which may see the audit log"],
  ["launchdarkly-404", "correct the instance of the environment: there is no audit log at its api"],
  ["secret-unreadable", "the line secret.unusable says what is wrong with the secret"],
]);
