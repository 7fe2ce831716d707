import { FEEDS, type FeedName, type Secrets } from "./feeds.ts";
import type { Operation } from "./operations.ts";

/**
 * One metric event. `once`: it comes in a request of 50 events or more, so LaunchDarkly recognizes every repetition.
 * Those of smaller requests are merged anew at every attempt, and may count twice: docs/metrics.md.
 */
export type EventCall = {
  readonly number: number;
  readonly member: string;
  readonly atMs: number;
  readonly once: boolean;
};

/** A request as its sender makes it, and what it holds. */
export type FeedRequest = Content & {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

type Content = { readonly operations: readonly Operation[]; readonly events: readonly EventCall[] };

/** The name of every metric event of a run. */
export const EVENT_KEY = "Order Completed";

/** A request with these, as the feed's sender makes it. */
export function requestOf(feed: FeedName, content: Content, secrets: Secrets): FeedRequest {
  const form = FEEDS.find(({ name }) => name === feed)?.form;
  const key = secrets.feed(feed);
  const type = { "content-type": "application/json" };
  if (form === "calls") {
    const authorization = `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
    return { ...content, path: "/v1/batch", headers: { ...type, authorization }, body: callsOf(content) };
  }
  const authorization = `Bearer ${key}`;
  return { ...content, path: `/c/${feed}`, headers: { ...type, authorization }, body: ownFormatOf(content) };
}

function ownFormatOf({ operations, events }: Content): string {
  return JSON.stringify({
    ...(operations.length > 0 && {
      audienceOperations: operations.map(({ segment, member, action, atMs }) => ({
        segment: { id: segment, name: segment },
        contextKey: member,
        action,
        at: new Date(atMs).toISOString(),
        id: `operation-${atMs}`,
      })),
    }),
    ...(events.length > 0 && {
      metricEvents: events.map(({ number, member, atMs }) => ({
        key: EVENT_KEY,
        contextKeys: { user: member },
        at: new Date(atMs).toISOString(),
        data: { number },
        id: `event-${number}`,
      })),
    }),
  });
}

/** What a Segment SDK posts: Engage's identify and track calls in turn, and orders. */
function callsOf({ operations, events }: Content): string {
  const audiences = operations.map(({ segment, member, action, atMs }) => {
    const context = {
      personas: { computation_class: "audience", computation_key: segment, computation_id: segment },
    };
    const common = {
      context,
      userId: member,
      messageId: `message-${atMs}`,
      timestamp: new Date(atMs).toISOString(),
    };
    const isMember = action === "add";
    if (atMs % 2 === 0) return { ...common, type: "identify", traits: { [segment]: isMember } };
    const event = isMember ? "Audience Entered" : "Audience Exited";
    return { ...common, type: "track", event, properties: { audience_key: segment, [segment]: isMember } };
  });
  const orders = events.map(({ number, member, atMs }) => ({
    type: "track",
    userId: member,
    event: EVENT_KEY,
    messageId: `event-${number}`,
    timestamp: new Date(atMs).toISOString(),
    properties: { number },
  }));
  return JSON.stringify({ batch: [...audiences, ...orders], sentAt: new Date().toISOString() });
}
