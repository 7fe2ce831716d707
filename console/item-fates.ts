import * as z from "zod";
import { audienceOperationsMessage, operationsOf } from "../lib/messages/audience-operations.ts";
import { erasureIdOf, erasureRequestMessage } from "../lib/messages/erasure-request.ts";
import type { AudienceOperation } from "../lib/messages/operation.ts";
import { compareVersions } from "../lib/messages/version.ts";
import { readLetters } from "../operator/dead-letters/walk.ts";
import { placesOfSegment } from "../operator/membership/places.ts";
import type { Target } from "../operator/target.ts";
import type { ItemFate } from "./page-data.ts";
import type { ConsoleWork } from "./work.ts";

type QueuedMessage = { readonly queue: string; readonly body: string };

const metricEvents = z.object({
  events: z.array(
    z.object({
      type: z.enum(["custom", "alias"]),
      key: z.string(),
      contextKeys: z.record(z.string(), z.string()).optional(),
      at: z.number(),
      id: z.string(),
    }),
  ),
});
const flagChanges = z.object({
  changes: z.array(z.object({ id: z.string(), entryId: z.string(), title: z.string() })),
});

/** What became of each item of a request: of members the ledger says so, of the others the sandbox, and of the dead their letters. */
export async function fatesOf(
  messages: readonly QueuedMessage[],
  limit: number,
  { target, lettersOneAtATime }: Pick<ConsoleWork, "lettersOneAtATime"> & { readonly target: Target },
): Promise<{ readonly items: readonly ItemFate[]; readonly more: number }> {
  const arrived = openArrived(target);
  const pending = messages.flatMap(({ queue, body }) =>
    itemsOf(queue, JSON.parse(body), { target, arrived }),
  );
  const shown = pending.slice(0, limit);
  const arrivals = await Promise.all(shown.map(({ arrival }) => arrival()));
  const open = new Set(shown.filter((_, at) => arrivals[at]?.fate === "waiting").map(({ queue }) => queue));
  const dead =
    open.size === 0 ? new Map<string, string>() : await lettersOneAtATime(() => deadIds(open, target));
  const items = shown.map(({ queue, what, where, id }, at): ItemFate => {
    const own = arrivals[at] ?? { fate: "unknown", because: "" };
    const reason = own.fate === "waiting" ? dead.get(`${queue} ${id}`) : undefined;
    return {
      what,
      where,
      ...(reason === undefined ? own : { fate: "dead" as const, because: reason }),
    };
  });
  return { items, more: pending.length - shown.length };
}

type Pending = {
  readonly queue: string;
  readonly what: string;
  readonly where: string;
  /** What the item is called in its message, and so in its dead letter. */
  readonly id: string;
  readonly arrival: () => Promise<Pick<ItemFate, "fate" | "because">>;
};

const WAITING = { fate: "waiting", because: "It waits in its queue." } as const;

function itemsOf(
  queueName: string,
  body: unknown,
  { target, arrived }: { readonly target: Target; readonly arrived: Arrived },
): readonly Pending[] {
  const queue = target.queues.find(({ name }) => name === queueName);
  if (!queue) return [];
  const { kind, destination } = queue;
  switch (kind) {
    case "audience-operations": {
      const { data } = audienceOperationsMessage.safeParse(body);
      return (data ? operationsOf(data) : []).map((operation) => ({
        queue: queueName,
        what: `${operation.action === "add" ? "Add" : "Remove"} ${operation.contextKind} ${operation.contextKey}: segment ${operation.segment.id}`,
        where: `LaunchDarkly, ${destination}`,
        id: operation.version[3],
        arrival: () => memberArrival(operation, destination, target),
      }));
    }
    case "metric-events":
      return (metricEvents.safeParse(body).data?.events ?? []).map(({ key, contextKeys = {}, at, id }) => ({
        queue: queueName,
        what: `Event ${key} of ${Object.entries(contextKeys)
          .map(([one, name]) => `${one} ${name}`)
          .join(", ")}`,
        where: `LaunchDarkly, ${destination}`,
        id,
        arrival: async () =>
          arrivalIn(await arrived.launchdarkly(), [
            `"key":${JSON.stringify(key)}`,
            `"creationDate":${at}`,
            ...Object.values(contextKeys).map((one) => JSON.stringify(one)),
          ]),
      }));
    case "flag-changes":
      return (flagChanges.safeParse(body).data?.changes ?? []).map(({ id, entryId, title }) => ({
        queue: queueName,
        what: title === "" ? `Change ${entryId}` : title,
        where: `PostHog, ${destination}`,
        id,
        arrival: async () => arrivalIn(await arrived.posthog(), [JSON.stringify(entryId)]),
      }));
    case "erasures": {
      const { data } = erasureRequestMessage.safeParse(body);
      return (data ? [data] : []).map(({ requestId, index, contexts }) => ({
        queue: queueName,
        what: `Erase ${contexts.map(({ kind: one, key }) => `${one} ${key}`).join(", ")}`,
        where: "every segment, queue and dead letter",
        id: requestId,
        arrival: async () => ({
          fate: "unknown" as const,
          because: `The log of eraser has its receipt: erasure.done, ${erasureIdOf({ requestId, index })}.`,
        }),
      }));
    }
  }
}

async function memberArrival(
  operation: AudienceOperation,
  environment: string,
  { connections, calls }: Target,
): Promise<Pick<ItemFate, "fate" | "because">> {
  const { segment, contextKind, contextKey, version } = operation;
  const places = placesOfSegment(connections, { segmentId: segment.id }).filter(
    (place) => place.environment === environment,
  );
  for (const { ledgerSegment } of places) {
    const entry = (await calls.ledger.entries(ledgerSegment, contextKind, [contextKey])).get(contextKey);
    if (!entry) continue;
    const order = compareVersions(entry.version, version);
    if (order === 0)
      return {
        fate: "arrived",
        because: `LaunchDarkly acknowledged it at ${new Date(entry.at).toISOString()}.`,
      };
    if (order > 0) return { fate: "replaced", because: "A newer operation on the same member counts." };
  }
  return WAITING;
}

/** The last events at a destination, each as the text that it is looked for in. */
type Arrived = {
  readonly launchdarkly: () => Promise<readonly string[]>;
  readonly posthog: () => Promise<readonly string[]>;
};

const eventList = z.object({ events: z.array(z.unknown()) });

/** Reads each destination once at most, whatever the number of items. */
function openArrived({ calls: { sandbox } }: Target): Arrived {
  const once = (path: string): (() => Promise<readonly string[]>) => {
    let texts: Promise<readonly string[]> | undefined;
    const read = async (): Promise<readonly string[]> => {
      const { data } = eventList.safeParse(await sandbox?.get(path));
      return (data?.events ?? []).map((event) => JSON.stringify(event));
    };
    return () => {
      texts ??= read();
      return texts;
    };
  };
  return {
    launchdarkly: once(`/sandbox/launchdarkly/events?last=${SEARCHED_EVENTS}`),
    posthog: once(`/sandbox/posthog/events?last=${SEARCHED_EVENTS}`),
  };
}

const SEARCHED_EVENTS = 500;

function arrivalIn(events: readonly string[], parts: readonly string[]): Pick<ItemFate, "fate" | "because"> {
  const isThere = events.some((event) => parts.every((part) => event.includes(part)));
  return isThere ? { fate: "arrived", because: "It is there." } : WAITING;
}

const MOST_LETTERS = 500;

/** Why the items of dead letters in these queues are dead, by queue and id. */
async function deadIds(queues: ReadonlySet<string>, target: Target): Promise<ReadonlyMap<string, string>> {
  const dead = new Map<string, string>();
  const bundle = {
    queues: target.queues.filter(({ name }) => queues.has(name)),
    namePrefix: target.namePrefix,
  };
  const choice = { queue: undefined, reason: undefined, connection: undefined };
  const letters = await readLetters({ bundle, choice, limit: MOST_LETTERS }, target.calls.letters);
  for (const { queue, body, reason } of letters)
    for (const [, id = ""] of body.matchAll(/"id":"((?:[^"\\]|\\.)*)"/g))
      dead.set(`${queue.name} ${JSON.parse(`"${id}"`)}`, `It is a dead letter: ${reason}.`);
  return dead;
}
