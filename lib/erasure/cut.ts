import { isObject, readJson } from "../json.ts";
import type { Context } from "../launchdarkly/membership/membership.ts";
import { toAscii } from "../messages/ascii-json.ts";
import {
  type AudienceOperationsMessage,
  audienceOperationsMessage,
  isAudienceOperationsMessage,
} from "../messages/audience-operations.ts";
import {
  isMetricEventsMessage,
  type MetricEvent,
  type MetricEventsMessage,
  metricEventsMessage,
} from "../messages/metric-events.ts";
import { readMessage } from "../messages/read-message.ts";

/** A person who is taken out of messages: with `acceptedUntilMs`, Unix ms, out of those that were accepted by then. */
export type Erased = Context & { readonly acceptedUntilMs?: number | undefined };

/** What becomes of a queue's message when people are taken out of it. `named` are those whom it names. */
export type Cut =
  | { readonly kind: "unrelated" }
  /** All of it is about these people. */
  | { readonly kind: "theirs"; readonly named: readonly Erased[] }
  /** The message with everybody else's items. */
  | { readonly kind: "mixed"; readonly body: string; readonly named: readonly Erased[] }
  /** It is none of our messages, and has a key in it somewhere: nobody can tell what else is in it. */
  | { readonly kind: "unclear" };

/** Takes people's operations and metric events out of the body of a message. */
export function cutOut(body: string, people: readonly Erased[]): Cut {
  const message = read(body);
  if (!message)
    return people.some(({ key }) => mentions(body, key)) ? { kind: "unclear" } : { kind: "unrelated" };
  const { acceptedAt } = message;
  const meant = people.filter(({ acceptedUntilMs = acceptedAt }) => acceptedAt <= acceptedUntilMs);
  if (meant.length === 0) return { kind: "unrelated" };
  const named = new Set<Erased>();
  const isOfOthers = (isAbout: (person: Erased) => boolean): boolean => {
    const found = meant.filter(isAbout);
    for (const person of found) named.add(person);
    return found.length === 0;
  };
  switch (message.kind) {
    case "audience.operations": {
      const { segments } = message;
      const operations = message.operations.filter(({ key, segment }) =>
        isOfOthers((person) => key === person.key && segments[segment]?.kind === person.kind),
      );
      return cutTo(operations, { ...message, operations }, [...named]);
    }
    case "metric.events": {
      const events = message.events.filter((event) => isOfOthers((person) => isAbout(event, person)));
      return cutTo(events, { ...message, events }, [...named]);
    }
  }
}

function cutTo(left: readonly unknown[], message: object, named: readonly Erased[]): Cut {
  if (named.length === 0) return { kind: "unrelated" };
  if (left.length === 0) return { kind: "theirs", named };
  return { kind: "mixed", body: toAscii(JSON.stringify(message)), named };
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
  const value = readJson(body);
  return value === undefined ? body.includes(key) : hasText(value, key);
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
