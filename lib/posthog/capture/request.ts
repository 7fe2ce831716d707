import { eventSenderOf } from "../../delivery/call-outcome.ts";
import type { EventSender, RequestLimits } from "../../delivery/lane.ts";
import type { Breaker } from "../../http/breaker.ts";
import type { Meanings } from "../../http/destination-call.ts";
import { gzippedList } from "../../http/gzip.ts";
import type { LimitStore } from "../../http/rate-limit.ts";
import type { HttpSession } from "../../http/session.ts";

/**
 * What one request may hold. PostHog takes 20 MB and names no number of events; its SDKs stop at 5 MiB and 100 events.
 * 500 events of the usual size are below 1 MB and a fifth of the requests; one bad event among them costs some 18 more.
 * The rest of a request, the key foremost, takes less than 1 KiB. A single event may have some 900 KiB: none comes near,
 * because its change came in a message of 60 KB.
 * https://posthog.com/docs/api/capture#batch-events
 */
export const REQUEST_LIMITS = { maxEvents: 500, maxBytes: 5 * 1_024 * 1_024 - 1_024 } satisfies RequestLimits;

/**
 * The endpoint for many events at once, which PostHog Cloud and every self-hosted version have. A newer one
 * (`/i/v1/analytics/events`) answers event by event; nothing says which self-hosted versions have it.
 * https://posthog.com/docs/api/capture#batch-events
 */
const BATCH_PATH = "/batch/";

/**
 * Statuses by which PostHog refuses events. One bad event refuses the request: 400. What was taken before a 413 is
 * recognized by its uuid when it comes again. 2xx says that a request was understood: also one whose key is well-formed
 * and of no project, and one above the billing limit. No answer's body is needed, as versions differ in it.
 * https://github.com/PostHog/posthog/tree/master/rust/capture
 */
const MEANINGS: Meanings = { 400: "refused", 413: "refused" };

/** Backfills go in requests of their own, as a request is historical as a whole. */
export type Era = "current" | "historical";

export type CapturePorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  /** The project's API key; `after` is one that PostHog has refused. */
  readonly projectKey: (after?: string) => Promise<string>;
  readonly limit: LimitStore;
  readonly breaker?: Breaker | undefined;
};

/**
 * Sends events to one PostHog project: `POST {host}/batch/`. The time of sending (`sent_at`) is left out, because
 * PostHog would move the events' own times by the difference of the clocks. A request without an answer comes again
 * like any other that failed: its events have the same uuids then.
 * https://posthog.com/docs/api/capture#batch-events, https://posthog.com/docs/migrate/migrate-to-cloud
 */
export function eventSender(
  to: {
    /** Base URL for ingestion, without a slash at the end. */
    readonly host: string;
    readonly era: Era;
    readonly timeoutMs: number;
    readonly version: string;
  },
  ports: CapturePorts,
): EventSender {
  const migration = to.era === "historical" ? '"historical_migration":true,' : "";
  const { http, now, limit, projectKey } = ports;
  return eventSenderOf({
    name: "posthog",
    destination: { now, limit, breaker: ports.breaker, credential: projectKey },
    endpoint: { meanings: MEANINGS },
    post: async (events, key) =>
      http.send({
        method: "POST",
        url: `${to.host}${BATCH_PATH}`,
        headers: {
          "content-type": "application/json",
          "content-encoding": "gzip",
          "user-agent": `flagbridge/${to.version}`,
        },
        body: gzippedList({
          before: `{"api_key":${JSON.stringify(key)},${migration}"batch":`,
          items: events.map(({ json }) => json),
          after: "}",
        }),
        timeoutMs: to.timeoutMs,
      }),
  });
}
