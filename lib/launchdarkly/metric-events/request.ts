import { eventSenderOf } from "../../delivery/call-outcome.ts";
import type { EventSender, RequestLimits } from "../../delivery/lane.ts";
import type { Breaker } from "../../http/breaker.ts";
import type { Meanings } from "../../http/destination-call.ts";
import { gzippedList } from "../../http/gzip.ts";
import type { LimitStore } from "../../http/rate-limit.ts";
import type { HttpSession } from "../../http/session.ts";
import { uuidsIn } from "../../messages/uuid.ts";
import type { EventSchema } from "./transform.ts";

/**
 * The limits of one request. LaunchDarkly names no number of events. The import route accepts less than 10 MB before
 * compression; the client-side route documents no limit, and Relay and the SDKs stay far below 10 MB. A message with many
 * events becomes a request of its own, so that its redelivery repeats the payload id.
 * https://launchdarkly.com/docs/home/metrics/import-events
 */
export const REQUEST_LIMITS = {
  maxEvents: 1_000,
  maxBytes: 4_000_000,
  ownRequestEvents: 50,
} satisfies RequestLimits;

/**
 * Statuses with which LaunchDarkly refuses all events of a request. After 202 and other 2xx it has accepted the events, and
 * its own rules decide which of them count. https://launchdarkly.com/docs/home/metrics/import-events
 */
const MEANINGS: Meanings = { 400: "refused", 413: "refused", 422: "refused" };

/** Where the events of one environment go. Only the import route calls `token`; the client-side ID is not a secret. */
export type EventsRoute =
  | { readonly kind: "client-side"; readonly events: string; readonly environmentId: string }
  | {
      readonly kind: "import";
      readonly events: string;
      readonly environmentId: string;
      readonly project: string;
      readonly environment: string;
    };

export type EventPorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  readonly accessToken: (after?: string) => Promise<string>;
  readonly limit: LimitStore;
  readonly breaker?: Breaker | undefined;
};

/**
 * Sends events of one environment. A request without an answer is repeated once, immediately and with the same payload id:
 * it may have been accepted, and a later request may contain other events.
 *
 * Client-side: `POST /events/bulk/{clientSideId}`, no authorization. Import: `POST
 * /v2/event-data-import/{project}/{environment}`, a token with `importEventData`; schema 4 only.
 * https://launchdarkly.com/docs/home/metrics/import-events
 */
export function eventSender(
  route: EventsRoute,
  settings: { readonly eventSchema: EventSchema; readonly timeoutMs: number; readonly version: string },
  ports: EventPorts,
): EventSender {
  const post = async (body: Buffer, id: string, token: string | undefined) => {
    const request = {
      method: "POST" as const,
      url: urlOf(route),
      headers: {
        "content-type": "application/json",
        "content-encoding": "gzip",
        "x-launchdarkly-event-schema": String(settings.eventSchema),
        "x-launchdarkly-payload-id": id,
        // The import route requires this form.
        "user-agent": `MetricImport-Flagbridge-int/${settings.version}`,
        ...(token !== undefined && { authorization: token }),
      },
      body,
      timeoutMs: settings.timeoutMs,
    };
    const first = await ports.http.send(request);
    return first.kind === "unanswered" ? ports.http.send(request) : first;
  };
  const { now, limit } = ports;
  return eventSenderOf({
    name: "launchdarkly",
    destination: {
      now,
      limit,
      breaker: ports.breaker,
      credential: route.kind === "import" ? ports.accessToken : undefined,
    },
    endpoint: { meanings: MEANINGS, route: ROUTES[route.kind] },
    post: async (events, token) => {
      const id = payloadId(
        route.environmentId,
        events.map((event) => event.id),
      );
      return post(gzippedList({ items: events.map(({ json }) => json) }), id, token);
    },
  });
}

/** The routes by which LaunchDarkly may count requests: paths with the names of their parameters. */
const ROUTES = {
  "client-side": "POST /events/bulk",
  import: "POST /v2/event-data-import",
} satisfies Record<EventsRoute["kind"], string>;

function urlOf(route: EventsRoute): string {
  if (route.kind === "client-side")
    return `${route.events}/events/bulk/${encodeURIComponent(route.environmentId)}`;
  return `${route.events}/v2/event-data-import/${encodeURIComponent(route.project)}/${encodeURIComponent(route.environment)}`;
}

/** Flagbridge's own namespace of payload ids. It must never change: with another one, events under way would count twice. */
const payloadUuid = uuidsIn("3c1f9a52-6d0e-4b4e-9a37-5f1c8f0b7d21");

/**
 * Returns the `X-LaunchDarkly-Payload-ID` of a request: the same for the same events to the same environment, in any order,
 * so that LaunchDarkly recognizes a repetition. https://launchdarkly.com/docs/home/metrics/import-events
 */
export function payloadId(environmentId: string, eventIds: readonly string[]): string {
  return payloadUuid(JSON.stringify([environmentId, ...[...eventIds].sort()]));
}
