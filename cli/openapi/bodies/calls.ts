import * as z from "zod";
import { MAX_TRACKING_EVENTS } from "../../../functions/ingest/understand.ts";
import { contextKey, object, text, time } from "./parts.ts";

/** The calls that the SDKs of Segment and RudderStack send. https://segment.com/docs/connections/spec/common/ */

const common = {
  messageId: z.string().nullish().describe("The same on every repetition"),
  userId: contextKey.nullish(),
  anonymousId: contextKey.nullish(),
  timestamp: time.nullish(),
  originalTimestamp: time.nullish(),
  context: object.nullish().describe("Engage names its audience in `personas`"),
  traits: object.nullish(),
  properties: object.nullish(),
};

/** What one type of call has besides. */
const OWN: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  track: { event: text.nullish().describe("Name of the event") },
  alias: { previousId: contextKey.nullish() },
};

const listData = z.object({ add: z.array(object).nullish(), remove: z.array(object).nullish() });

const audienceList = {
  ...common,
  properties: z.object({ listData }).describe("The members to add and to remove"),
};
const record = {
  ...common,
  action: word("insert", "update", "delete"),
  identifiers: object.describe("Has the context key under a name of the connection's contextKey"),
};

/** A body of `/v1/<call>`: the path says its type. */
export function callOn(call: string): z.ZodObject {
  const type = (call === "audiencelist" ? word(call) : z.literal(call)).nullish();
  const rest = call === "audiencelist" ? audienceList : { ...common, ...OWN[call] };
  return z.object({ type, ...sender, ...rest });
}

const sender = {
  writeKey: z.string().nullish().describe("For senders that cannot set Authorization"),
  sentAt: z.unknown().optional().describe("By the sender's clock; corrects times that are ahead"),
};

export const segmentCall = z.object({
  type: z.enum(["identify", "track", "alias", "page", "screen", "group", "delete"]),
  ...common,
  ...OWN.track,
  ...OWN.alias,
});

export const rudderstackCall = z.union([
  z.object({
    type: word("identify", "track", "alias", "page", "screen", "group", "merge"),
    ...common,
    ...OWN.track,
    ...OWN.alias,
  }),
  z.object({ type: word("audiencelist"), ...audienceList }),
  z.object({ type: word("record"), ...record }),
]);

const batchOf = (calls: z.ZodArray) => z.object({ batch: calls, context: object.nullish(), ...sender });

/** A body of `/v1/batch` and its other names. */
export const segmentBatch = batchOf(z.array(segmentCall).max(MAX_TRACKING_EVENTS));
export const rudderstackBatch = batchOf(z.array(rudderstackCall).max(MAX_TRACKING_EVENTS));

/** Bodies of webhooks: one call, a list of calls, or a batch of the Tracking API. */
export const segmentWebhook = z.union([segmentCall, z.array(segmentCall), batchOf(z.array(segmentCall))]);

const users = z.array(object).min(1).describe("Each has userId, or a name of the connection's contextKey");
/** User deletion requests, which name no type; only where the connection says erasures: true. */
const regulation = z.object({ regulationType: word("suppress_with_delete"), users });
const deletionJob = z.object({ userAttributes: users });

export const rudderstackWebhook = z.union([
  rudderstackCall,
  z.array(rudderstackCall),
  batchOf(z.array(rudderstackCall)),
  regulation,
  deletionJob,
  z.array(deletionJob),
]);

/** RudderStack ignores the case of types and actions. */
function word(...words: readonly string[]): z.ZodType {
  const anyCase = (one: string) => one.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  return z.string().regex(new RegExp(`^(${words.map(anyCase).join("|")})$`));
}
