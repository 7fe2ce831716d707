import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";
import { aloneInQueues } from "../../lib/erasure/alone.ts";
import type { Erased } from "../../lib/erasure/cut.ts";
import {
  type FindPorts,
  type FoundPerson,
  findPeople,
  type SegmentOfPerson,
} from "../../lib/erasure/find.ts";
import {
  eitherHidden,
  type HiddenMessages,
  hiddenMessages,
  isDelayed,
} from "../../lib/erasure/hidden-messages.ts";
import {
  FORGET_ID,
  type RemovalProblem,
  type RemovePorts,
  readBack,
  type SentRemoval,
  sendRemovals,
  untilAcknowledged,
} from "../../lib/erasure/remove.ts";
import { type SweepPorts, type Swept, sweepWaiting } from "../../lib/erasure/sweep.ts";
import { sweepFreeLetters } from "../../lib/erasure/sweep-free-letters.ts";
import { type ErasureRequestMessage, erasureIdOf } from "../../lib/messages/erasure-request.ts";
import type { Attempt, Obstacle } from "./receipt.ts";
import { planOf, WAS_MEMBER } from "./removal-plan.ts";

export type EraseOnePorts = SweepPorts &
  Omit<RemovePorts, "ledger"> &
  Omit<FindPorts, "ledger"> & {
    readonly ledger: Pick<LedgerListing, "scan" | "entries">;
    /** Whether the invocation has to come to its end: nothing more is waited for or received. */
    readonly isStopped: () => boolean;
  };

/** A removal is acknowledged within a batching window and some seconds; what takes longer comes again. */
const ACKNOWLEDGED_MS = 30_000;

/**
 * Held segments are waited for this long in all: with two minutes for each the function would end in the middle, and its messages would
 * come again only after half an hour.
 */
const HOLDS_MS = 30_000;

/**
 * For how long each attempt sends its removals. Those of later ones would pile up behind an environment that is down for hours: theirs
 * are delayed already, and the attempt that finds it back sends one in any case.
 */
const SENT_FOR_MS = 900_000;

/**
 * What waits is kept from its function while it is gone through, and behind a hundred thousand messages the removals would never be
 * sent. What was not seen by then is open, and the removals go out meanwhile.
 */
const SWEEP_WAITING_MS = 45_000;

/**
 * Carries out the requests of one invocation, as `flagbridge forget` does for one person: what waits first, then every segment, then the
 * dead letters, then LaunchDarkly is read back. One scan and one walk through each queue are for all of them. Each step can be
 * repeated, and what was accepted after a request stays.
 */
export async function erasePeople(
  requests: readonly ErasureRequestMessage[],
  ports: EraseOnePorts,
): Promise<readonly Attempt[]> {
  const people = peopleOf(requests);
  const list = [...people.values()];
  const { isStopped } = ports;
  const waiting = openTally();
  const sweep = async () => {
    const before = await hiddenMessages(ports);
    const countedAtMs = ports.now();
    const sweepUntilMs = ports.now() + SWEEP_WAITING_MS;
    const isSweepOver = () => isStopped() || ports.now() >= sweepUntilMs;
    const swept = await sweepWaiting(
      list,
      { mode: "cut", onNamed: waiting.note, isStopped: isSweepOver },
      ports,
    );
    return { hidden: eitherHidden(before, await hiddenMessages(ports)), countedAtMs, swept };
  };
  const alone = await aloneInQueues(sweep, SWEEP_WAITING_MS, ports);
  const {
    hidden,
    countedAtMs,
    swept: sweptWaiting,
  } = alone === "busy"
    ? { hidden: await hiddenMessages(ports), countedAtMs: ports.now(), swept: NOT_SWEPT }
    : alone;
  const found = await findPeople(list, ports);
  const foundBy = new Map([...people.keys()].map((name, at) => [name, found[at]]));
  const removed = await Promise.all(requests.map((request) => remove(request, { foundBy, hidden }, ports)));
  const dead = openTally();
  const letters = { mode: "cut", onNamed: dead.note, isStopped, patienceMs: 0 } as const;
  const sweptDead = await sweepFreeLetters(list, letters, ports);
  const swept = [...obstaclesOfSweep(sweptWaiting), ...obstaclesOfSweep(sweptDead)];
  return Promise.all(
    requests.map(async (request, at): Promise<Attempt> => {
      const { removedFrom, parts, obstacles } = removed[at] ?? NOTHING;
      const back = await Promise.all(
        parts.map(({ person, toRemove, isAcknowledged }) =>
          readBack(person, toRemove, { ...ports, isPatient: isAcknowledged }),
        ),
      );
      const names = namesOf(request);
      return {
        request,
        removedFrom,
        deadLetters: dead.of(names),
        waitingMessages: waiting.of(names),
        obstacles: [
          ...obstacles,
          ...back.flat().map(obstacleOf),
          ...swept,
          ...obstaclesOfHidden(hidden, countedAtMs - request.acceptedAt),
          ...(sweptDead.areOthersAtIt ? (["letters-in-other-hands"] as const) : []),
        ],
      };
    }),
  );
}

/** Another erasure went through the queues all the time. */
const NOT_SWEPT: Swept = { messages: 0, unclear: 0, failed: 0, isWhole: false };

const nameOf = ({ kind, key }: Pick<Erased, "kind" | "key">): string => JSON.stringify([kind, key]);
const namesOf = ({ contexts }: ErasureRequestMessage): ReadonlySet<string> => new Set(contexts.map(nameOf));

/** Each context once, with the latest of its requests: what that one covers is covered. */
function peopleOf(requests: readonly ErasureRequestMessage[]): ReadonlyMap<string, Erased> {
  const people = new Map<string, Erased>();
  for (const { contexts, acceptedAt } of requests)
    for (const { kind, key } of contexts) {
      const { acceptedUntilMs = acceptedAt } = people.get(nameOf({ kind, key })) ?? {};
      people.set(nameOf({ kind, key }), {
        kind,
        key,
        acceptedUntilMs: Math.max(acceptedAt, acceptedUntilMs),
      });
    }
  return people;
}

/** Counts the messages that name a person of a request, each once. */
function openTally() {
  const messages: (readonly string[])[] = [];
  return {
    note: (named: readonly Erased[]) => void messages.push(named.map(nameOf)),
    of: (names: ReadonlySet<string>) =>
      messages.filter((named) => named.some((one) => names.has(one))).length,
  };
}

type Part = {
  readonly person: Erased;
  readonly toRemove: readonly SegmentOfPerson[];
  readonly isAcknowledged: boolean;
};

type Removed = Pick<Attempt, "removedFrom" | "obstacles"> & { readonly parts: readonly Part[] };

const NOTHING: Removed = { removedFrom: [], obstacles: [], parts: [] };

/** Takes the person out of every segment that the ledger knows, under each of the keys. */
async function remove(
  request: ErasureRequestMessage,
  {
    foundBy,
    hidden,
  }: {
    readonly foundBy: ReadonlyMap<string, FoundPerson | undefined>;
    readonly hidden: HiddenMessages;
  },
  ports: EraseOnePorts,
): Promise<Removed> {
  const { acceptedAt, contexts } = request;
  const holdsUntilMs = ports.now() + HOLDS_MS;
  const longestHoldWaitMs = () => (ports.isStopped() ? 0 : Math.max(0, holdsUntilMs - ports.now()));
  const removedFrom: SegmentOfPerson[] = [];
  const obstacles: Obstacle[] = [];
  const parts: Part[] = [];
  for (const [at, person] of contexts.entries()) {
    const found = foundBy.get(nameOf(person));
    if (!found) continue;
    const id = `${FORGET_ID}${erasureIdOf(request)}-${at}`;
    const isSent = (one: SegmentOfPerson) =>
      ports.now() - acceptedAt >= SENT_FOR_MS &&
      one.membership.member === null &&
      hidden.delayed.has(one.place.environment);
    const plan = planOf(found, { id, acceptedAt });
    removedFrom.push(...plan.wasIn, ...plan.removedBefore);
    const sent: SentRemoval[] = [];
    const problems: RemovalProblem[] = [];
    for (const [how, segments] of [
      [WAS_MEMBER, plan.wasIn],
      ["-again", plan.keptOut],
    ] as const) {
      const order = { id: `${id}${how}`, acceptedAtMs: acceptedAt, longestHoldWaitMs };
      const unsent = segments.filter((one) => !isSent(one));
      const answer = await sendRemovals(person, unsent, order, ports);
      sent.push(...answer.sent);
      problems.push(...answer.problems);
    }
    const acknowledged = await untilAcknowledged(
      person,
      sent,
      {
        untilMs: ports.now() + ACKNOWLEDGED_MS,
        onProgress: () => {},
        isStopped: ports.isStopped,
        deadAmong: async () => new Map(),
      },
      ports,
    );
    problems.push(...acknowledged.problems);
    parts.push({
      person,
      toRemove: [...plan.wasIn, ...plan.keptOut],
      isAcknowledged: problems.length === 0,
    });
    obstacles.push(
      ...problems.map(obstacleOf),
      ...plan.unread.map(({ membership: { how } }) => obstacleOf({ kind: "unread", how, text: "" })),
      ...found.outOfReach.map(({ why }) => why),
    );
  }
  return { removedFrom, obstacles, parts };
}

/** What messages that were not there to be received are to a request that was accepted `ageMs` before they were counted. */
function obstaclesOfHidden(hidden: HiddenMessages, ageMs: number): readonly Obstacle[] {
  return [
    ...(isDelayed(hidden) ? (["delayed-messages"] as const) : []),
    // In a busy queue there is always something in flight.
    ...(hidden.inFlight && ageMs < hidden.inHandMs ? (["messages-in-hand"] as const) : []),
  ];
}

function obstaclesOfSweep({ unclear, failed, isWhole }: Swept): readonly Obstacle[] {
  return [
    ...(unclear > 0 ? (["unclear-messages"] as const) : []),
    ...(failed > 0 ? (["sweep-failed"] as const) : []),
    ...(isWhole ? [] : (["sweep-unfinished"] as const)),
  ];
}

function obstacleOf(problem: RemovalProblem): Obstacle {
  return problem.kind === "unread" && !mayPass(problem.how) ? "unreadable" : problem.kind;
}

/** Answers that LaunchDarkly gives until a person changes something: the right of a token, the keys of an environment. */
const LASTING = new Set(["answer-unreadable", "environment-not-found", "several-synced-segments-match"]);

function mayPass(how: string): boolean {
  return !LASTING.has(how) && !/^launchdarkly-4(?!01|08|09|29)\d\d$/.test(how);
}
