import { isObject } from "../../lib/json.ts";
import { toAscii } from "../../lib/messages/ascii-json.ts";
import {
  type AudienceOperationsMessage,
  audienceOperationsMessage,
  isAudienceOperationsMessage,
} from "../../lib/messages/audience-operations.ts";
import {
  isMetricEventsMessage,
  type MetricEvent,
  type MetricEventsMessage,
  metricEventsMessage,
} from "../../lib/messages/metric-events.ts";
import { readMessage } from "../../lib/messages/read-message.ts";
import type { Context } from "../membership/membership.ts";

/** What becomes of a queue's message when a person is taken out of it. */
export type Cut =
  | { readonly kind: "unrelated" }
  /** All of it is about this person. */
  | { readonly kind: "theirs" }
  /** The message with everybody else's items. */
  | { readonly kind: "mixed"; readonly body: string }
  /** It is none of our messages, and has the key in it somewhere: nobody can tell what else is in it. */
  | { readonly kind: "unclear" };

/** Takes a person's operations and metric events out of the body of a message. */
export function cutOut(body: string, person: Context): Cut {
  const message = read(body);
  if (!message) return mentions(body, person.key) ? { kind: "unclear" } : { kind: "unrelated" };
  switch (message.kind) {
    case "audience.operations": {
      const { segments } = message;
      const operations = message.operations.filter(
        ({ key, segment }) => key !== person.key || segments[segment]?.kind !== person.kind,
      );
      return cutTo(message.operations, operations, { ...message, operations });
    }
    case "metric.events": {
      const events = message.events.filter((event) => !isAbout(event, person));
      return cutTo(message.events, events, { ...message, events });
    }
  }
}

function cutTo(before: readonly unknown[], after: readonly unknown[], message: object): Cut {
  if (after.length === before.length) return { kind: "unrelated" };
  if (after.length === 0) return { kind: "theirs" };
  return { kind: "mixed", body: toAscii(JSON.stringify(message)) };
}

function read(body: string): AudienceOperationsMessage | MetricEventsMessage | undefined {
  const audience = readMessage(
    { schema: audienceOperationsMessage, isRight: isAudienceOperationsMessage },
    body,
  );
  if (audience.kind === "message") return audience.message;
  const metrics = readMessage({ schema: metricEventsMessage, isRight: isMetricEventsMessage }, body);
  return metrics.kind === "message" ? metrics.message : undefined;
}

/** An alias joins two keys of users. */
function isAbout(event: MetricEvent, { kind, key }: Context): boolean {
  if (event.type === "alias") return kind === "user" && (event.key === key || event.previousKey === key);
  return Object.hasOwn(event.contextKeys, kind) && event.contextKeys[kind] === key;
}

/** Whether a text of unknown shape has the key: in JSON as a whole value or member, in anything else anywhere. */
function mentions(body: string, key: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.includes(key);
  }
  return hasText(value, key);
}

/** Without recursion: JSON that is nested a hundred thousand times would overflow the stack, and be in the way of every erasure. */
function hasText(value: unknown, text: string): boolean {
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (one === text) return true;
    if (isObject(one) && Object.hasOwn(one, text)) return true;
    if (typeof one === "object" && one !== null) for (const item of Object.values(one)) left.push(item);
  }
  return false;
}
