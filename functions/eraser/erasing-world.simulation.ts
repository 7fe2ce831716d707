import type { Entry } from "../../lib/audience/ledger/ledger.ts";
import { type Connections, connectionsFile } from "../../lib/connections/schema.ts";
import type { HeldMessage } from "../../lib/delivery/walk-queue.ts";
import type { Membership } from "../../lib/launchdarkly/membership/membership.ts";
import {
  audienceOperationsMessage,
  isAudienceOperationsMessage,
  operationsOf,
} from "../../lib/messages/audience-operations.ts";
import type { ErasureRequestMessage } from "../../lib/messages/erasure-request.ts";
import { packAudienceOperations } from "../../lib/messages/pack.ts";
import { readMessage } from "../../lib/messages/read-message.ts";
import { compareVersions } from "../../lib/messages/version.ts";
import { memoryLedger, memoryTable } from "../../test/support/memory-ledger.ts";
import { memoryListing } from "../../test/support/memory-listing.ts";
import { type EraseOnePorts, erasePeople } from "./erase-people.ts";
import { receiptOf } from "./receipt.ts";

export const START_MS = Date.parse("2026-05-03T12:00:00Z");
const ENVIRONMENTS = ["production", "staging"] as const;
type Environment = (typeof ENVIRONMENTS)[number];

const connections: Connections = connectionsFile.parse({
  launchdarkly: Object.fromEntries(
    ENVIRONMENTS.map((name) => [
      name,
      { clientSideId: `${name}-id`, secret: "ld", project: "p", environment: name },
    ]),
  ),
  connections: {
    own: { source: "flagbridge", secret: "own", audiences: { to: ENVIRONMENTS }, erasures: true },
  },
});

const METRICS_URL = "https://sqs/metric-events-production";

function queueAt(kind: "audience-operations" | "metric-events", destination: string, url: string) {
  return { kind, destination, url, deadLetters: { url: `${url}-dead-letters` } };
}

/**
 * Two environments with their queues, a ledger, a LaunchDarkly and an audience-batcher, in memory, with a clock that only moves when
 * somebody sleeps.
 */
export function erasingWorld() {
  let nowMs = START_MS;
  const table = memoryTable();
  const { takeHold, releaseHold } = memoryLedger(table);
  const members = new Map<string, Set<string>>();
  const messages = new Map<string, Map<string, HeldMessage>>();
  const held = new Set<string>();
  let sent = 0;
  const world = {
    /** What LaunchDarkly says in place of who is a member. */
    answer: undefined as string | undefined,
    isBatcherPaused: false,
    /** By somebody else, of the dead-letter queues. */
    lettersInFlight: 0,
    /** Of the queue of production: operations in audience-batcher's hands, and those that are delayed. */
    inFlight: 0,
    delayed: 0,
    /** The same of metric events. */
    delayedEvents: 0,
    isOutOfTime: false,
    /** To LaunchDarkly about who is a member. */
    requests: 0,
  };
  const urlOf = (environment: Environment) => `https://sqs/audience-operations-${environment}`;
  const messagesOf = (url: string) => {
    const own = messages.get(url) ?? new Map<string, HeldMessage>();
    messages.set(url, own);
    return own;
  };
  const put = (url: string, body: string, receives = 1): void => {
    sent += 1;
    const id = `message-${sent}`;
    messagesOf(url).set(id, {
      ...{ id, receiptHandle: id, body, attributes: {}, sentAtMs: nowMs, receives, groupId: "own" },
    });
  };
  const membersOf = (environment: Environment, segment: string) => {
    const name = JSON.stringify([environment, segment]);
    const own = members.get(name) ?? new Set<string>();
    members.set(name, own);
    return own;
  };
  const entryAt = (environment: string, segment: string, key: string) =>
    JSON.stringify([`${environment}-id`, `synced/segment-audiences/${segment}`, "user", key]);
  const carryOut = (): void => {
    if (world.isBatcherPaused || world.answer === "launchdarkly-503") return;
    for (const environment of ENVIRONMENTS) {
      const queue = messagesOf(urlOf(environment));
      for (const [id, { body }] of queue) {
        const read = readMessage(
          { schema: audienceOperationsMessage, isRight: isAudienceOperationsMessage },
          body,
        );
        queue.delete(id);
        if (read.kind === "unreadable") continue;
        for (const { segment, contextKey, action, version } of operationsOf(read.message)) {
          const place = entryAt(environment, segment.id, contextKey);
          const entry: Entry = { version, action, n: 1, at: nowMs };
          const known = table.entries.get(place);
          if (known && compareVersions(known.version, version) >= 0) continue;
          table.entries.set(place, entry);
          membersOf(environment, segment.id)[action === "add" ? "add" : "delete"](contextKey);
        }
      }
    }
  };
  const ports: { -readonly [name in keyof EraseOnePorts]: EraseOnePorts[name] } = {
    bundle: {
      connections,
      queues: [
        ...ENVIRONMENTS.map((destination) => queueAt("audience-operations", destination, urlOf(destination))),
        queueAt("metric-events", "production", METRICS_URL),
      ],
    },
    connections,
    ledger: memoryListing(table),
    holds: { takeHold, releaseHold },
    look: async (place) => ({
      found: { kind: "unknown", why: "not asked" },
      exported: async () => undefined,
      memberOf: async ({ key }): Promise<Membership> => {
        world.requests += 1;
        if (world.answer !== undefined) return { member: null, how: world.answer };
        const environment = place.environment === "staging" ? "staging" : "production";
        return { member: membersOf(environment, place.segment.id).has(key), how: "context" };
      },
    }),
    askEnvironment: async ({ environment }, { key }) => {
      world.requests += 1;
      if (world.answer !== undefined) return undefined;
      const own = environment === "staging" ? "staging" : "production";
      return ({ id }) => membersOf(own, id).has(key);
    },
    onRead: () => {},
    letterCalls: {
      receive: async (url) => {
        const free = [...messagesOf(url).values()].filter(({ id }) => !held.has(id)).slice(0, 10);
        for (const { id } of free) held.add(id);
        return free;
      },
      setVisibility: async (_url, changes) =>
        changes.map(({ receiptHandle }) => {
          held.delete(receiptHandle);
          return { kind: "confirmed" };
        }),
      remove: async (url, handles) =>
        handles.map((handle) => {
          messagesOf(url).delete(handle);
          return { kind: "confirmed" };
        }),
    },
    sendToQueue: async (url, entries) =>
      entries.map(({ body }) => {
        put(url, body);
        return { kind: "confirmed" };
      }),
    countQueue: async (url) => {
      const visibilityMs = 420_000;
      const there = [...messagesOf(url).keys()];
      const inHand = there.filter((id) => held.has(id)).length;
      const waiting = there.length - inHand;
      if (url.endsWith("-dead-letters"))
        return { waiting, inFlight: inHand + world.lettersInFlight, delayed: 0, visibilityMs };
      if (url === METRICS_URL)
        return { waiting, inFlight: inHand, delayed: world.delayedEvents, visibilityMs };
      if (url !== urlOf("production")) return { waiting, inFlight: inHand, delayed: 0, visibilityMs };
      return {
        waiting: waiting + world.delayed,
        inFlight: inHand + world.inFlight,
        delayed: world.delayed,
        visibilityMs,
      };
    },
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      carryOut();
    },
    isStopped: () => world.isOutOfTime,
  };
  /** A message of operations, as ingest packs it. */
  const bodyOf = (
    segment: string,
    keys: readonly string[],
    acceptedAt: number,
    action: "add" | "remove" = "add",
  ): string => {
    const [body = ""] = packAudienceOperations({
      ...{ connection: "own", acceptedAt },
      operations: keys.map((contextKey, index) => ({
        ...{ segment: { id: segment, name: segment }, contextKind: "user", contextKey, action },
        version: [acceptedAt, acceptedAt, index, "add"],
      })),
    });
    return body;
  };
  return {
    ...{ world, ports, connections, carryOut, membersOf, bodyOf, put, urlOf },
    /** Members whom LaunchDarkly has acknowledged. */
    add: (environment: Environment, segment: string, keys: readonly string[], acceptedAt = nowMs - 1_000) => {
      put(urlOf(environment), bodyOf(segment, keys, acceptedAt));
      carryOut();
    },
    /** Somebody else's removals, which LaunchDarkly has acknowledged. */
    remove: (environment: Environment, segment: string, keys: readonly string[]) => {
      put(urlOf(environment), bodyOf(segment, keys, nowMs - 1_000, "remove"));
      carryOut();
    },
    receivesOf: (url: string) => [...messagesOf(url).values()].map(({ body, receives }) => [body, receives]),
    takeAll: (url: string) => messagesOf(url).clear(),
    bodiesOf: (url: string) => [...messagesOf(url).values()].map(({ body }) => body),
    /** An entry of an environment that connections.yml does not have. */
    addElsewhere: (key: string) =>
      table.entries.set(JSON.stringify(["gone-id", "synced/segment-audiences/vip", "user", key]), {
        ...{ version: [1, 1, 0, "add"], action: "add", n: 1, at: 1 },
      }),
  };
}

/** A request to erase a person, accepted at the start. */
export function requestOf(key: string, rest: Partial<ErasureRequestMessage> = {}): ErasureRequestMessage {
  return {
    ...{ v: 1, kind: "erasure.request", connection: "own", acceptedAt: START_MS, requestId: "request-1" },
    ...{ index: 0, contexts: [{ kind: "user", key }] },
    ...rest,
  };
}

/** Carries the requests out as one batch: the receipt of each. */
export async function erase(
  { ports }: ReturnType<typeof erasingWorld>,
  ...requests: readonly ErasureRequestMessage[]
) {
  const attempts = await erasePeople(requests, ports);
  return attempts.map((attempt) => receiptOf(attempt, ports.now()));
}
