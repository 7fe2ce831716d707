import { isObject, type Json } from "../json.ts";
import { type Audience, audienceIn } from "./audience.ts";
import { fault, ignored, isAbsent, type Meaning, parseInner, parseItems } from "./items.ts";
import { metricMeaning } from "./metrics.ts";
import {
  isTooLarge,
  listMeanings,
  type RequestFacts,
  recordMeaning,
  TOO_LARGE,
  wordOf,
} from "./rudderstack-audiences.ts";
import { deletionMeanings, isDeletion } from "./rudderstack-deletions.ts";
import type { Parsed, Source, SourceRequest } from "./source.ts";
import { clockAheadMs } from "./time.ts";

/**
 * RudderStack's SDKs and gateway clients (one call, or `batch`) and its webhook destination (one event per request).
 * `audiencelist` and `record` events are audiences. They name no segment, so the connection does.
 * https://www.rudderstack.com/docs/api/http-api/
 * https://www.rudderstack.com/docs/destinations/reverse-etl-destinations/launchdarkly-segments/setup-guide/
 * https://github.com/rudderlabs/rudder-transformer/tree/c98d160/src/cdk/v2/destinations/launchdarkly_audience
 */
export const rudderstack: Source = {
  parse: parseRudderstack,
};

/** The facts of one request that apply to every event; the audience is absent when the connection has none. */
type MaybeRequestFacts = Omit<RequestFacts, "audience"> & {
  readonly audience: Audience | undefined;
};

function parseRudderstack(request: SourceRequest): Parsed {
  const { body, call, route, connection } = request;
  const { segment } = connection.audiences;
  const facts = { request, audience: segment && audienceIn(request, segment), aheadMs: 0 };
  if (Array.isArray(body) && route === "connection") return parseEvents(body, "", facts);
  if (!isObject(body)) return { kind: "malformed", message: "expected a JSON object" };
  const aheadMs = route === "tracking" ? clockAheadMs(body.sentAt, request.receivedAtMs) : 0;
  if (call !== undefined || (route === "connection" && isAbsent(body.batch)))
    return parseEvent(body, { ...facts, aheadMs });
  const { batch } = body;
  if (!Array.isArray(batch)) return { kind: "malformed", message: "batch: expected a list of events" };
  return parseEvents(batch, "batch", { ...facts, aheadMs });
}

/** Reads a request of one event: each member is accepted or rejected on its own, members to add first. */
function parseEvent(event: Json, facts: MaybeRequestFacts): Parsed {
  return parseItems(
    meaningsOf(event, 0, facts),
    () => "",
    (meaning) => meaning,
  );
}

/** Reads a batch: a rejection has the index of its event, and its message names the member. */
function parseEvents(events: readonly unknown[], list: string, facts: MaybeRequestFacts): Parsed {
  const meanings: Meaning[] = [];
  const eventOf: number[] = [];
  for (const [index, event] of events.entries()) {
    for (const meaning of meaningsOf(event, meanings.length, facts)) {
      meanings.push(meaning);
      eventOf.push(index);
    }
  }
  return parseInner(meanings, eventOf, (event) => `${list}[${event}]`);
}

/** Returns one meaning per member of a list, one for any other event. `position` is the place of the first in the request. */
function meaningsOf(event: unknown, position: number, facts: MaybeRequestFacts): readonly Meaning[] {
  if (!isObject(event)) return [fault("invalid_item", "", "expected an object")];
  const { call } = facts.request;
  if (call === undefined && isDeletion(event)) return deletionMeanings(event, facts.request);
  const type = wordOf(isAbsent(event.type) ? call : event.type);
  if (call !== undefined && type !== call)
    return [fault("invalid_item", "type", `expected "${call}", as the path says`)];
  // Only the members of a list are measured, because RudderStack's own gateway has no limit for a list.
  if (type === "audiencelist") return inAudience(facts, (known) => listMeanings(event, position, known));
  if (isTooLarge(event, facts)) return [TOO_LARGE];
  if (type === "record") return inAudience(facts, (known) => [recordMeaning(event, position, known)]);
  if (type === "track" || type === "identify" || type === "alias")
    return [metricMeaning(event, type, position, facts)];
  const other = OTHER_CALLS.find((one) => one === type);
  if (other !== undefined) return [ignored(other)];
  return [fault("invalid_item", "type", `expected one of ${TYPES.join(", ")}`)];
}

/** A connection with metrics only has no segment, and ignores audiences. */
function inAudience(
  facts: MaybeRequestFacts,
  meanings: (facts: RequestFacts) => readonly Meaning[],
): readonly Meaning[] {
  const { audience } = facts;
  if (!audience) return [ignored("audience_without_audiences")];
  return audience.kind === "selected" ? meanings({ ...facts, audience }) : [audience];
}

/** Types of calls that are neither audiences nor metric events. */
const OTHER_CALLS = ["page", "screen", "group", "merge"] as const;

/** The types that RudderStack's SDKs, gateway and warehouse syncs send. */
const TYPES = [
  "audiencelist",
  "record",
  "identify",
  "track",
  "page",
  "screen",
  "group",
  "alias",
  "merge",
] as const;
