import { eventSenderOf } from "../../delivery/guarded-call.ts";
import type { EventSender } from "../../delivery/lane.ts";
import { gzippedList } from "../../http/gzip.ts";
import type { LimitStore } from "../../http/rate-limit.ts";
import type { HttpSession } from "../../http/session.ts";
import { REFUSALS } from "./outcome.ts";
import { payloadId } from "./payload-id.ts";
import type { EventSchema } from "./versions.ts";

/** Where events of one environment go. `token` is asked for on the import route only; the client-side ID is no secret. */
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
};

/**
 * Sends events of one environment. A request that gets no answer is repeated once, at once and under the same payload
 * id: whether it was taken is unknown, and later it may not go out with the same events any more.
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
        // The import route asks for this form.
        "user-agent": `MetricImport-Flagbridge-int/${settings.version}`,
        ...(token !== undefined && { authorization: token }),
      },
      body,
      timeoutMs: settings.timeoutMs,
    };
    const first = await ports.http.send(request);
    return first.kind === "unanswered" ? ports.http.send(request) : first;
  };
  return eventSenderOf({
    ...ports,
    credential: route.kind === "import" ? ports.accessToken : undefined,
    destination: "launchdarkly",
    refusals: REFUSALS,
    route: ROUTES[route.kind],
    post: async (events, token) => {
      const id = payloadId(
        route.environmentId,
        events.map((event) => event.id),
      );
      return post(gzippedList({ items: events.map(({ json }) => json) }), id, token);
    },
  });
}

/** What LaunchDarkly may count them by: the paths without what is in them. */
const ROUTES = {
  "client-side": "POST /events/bulk",
  import: "POST /v2/event-data-import",
} satisfies Record<EventsRoute["kind"], string>;

function urlOf(route: EventsRoute): string {
  if (route.kind === "client-side")
    return `${route.events}/events/bulk/${encodeURIComponent(route.environmentId)}`;
  return `${route.events}/v2/event-data-import/${encodeURIComponent(route.project)}/${encodeURIComponent(route.environment)}`;
}
