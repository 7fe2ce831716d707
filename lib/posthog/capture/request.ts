import { eventSenderOf } from "../../delivery/guarded-call.ts";
import type { EventSender } from "../../delivery/lane.ts";
import { gzippedList } from "../../http/gzip.ts";
import type { LimitStore } from "../../http/rate-limit.ts";
import type { HttpSession } from "../../http/session.ts";
import { REFUSALS } from "./outcome.ts";
import { BATCH_PATH } from "./versions.ts";

/** Backfills go in requests of their own, as a request is historical as a whole. */
export type Era = "current" | "historical";

export type CapturePorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  /** The project's API key; `after` is one that PostHog has refused. */
  readonly projectKey: (after?: string) => Promise<string>;
  readonly limit: LimitStore;
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
  return eventSenderOf({
    ...ports,
    credential: ports.projectKey,
    destination: "posthog",
    refusals: REFUSALS,
    post: async (events, key) =>
      ports.http.send({
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
