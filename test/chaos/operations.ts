import type { Dice } from "./dice.ts";
import { FEEDS, type FeedName, type Secrets } from "./feeds.ts";
import type { Scale } from "./scale.ts";

/** `curable`: LaunchDarkly refuses the member until the run cures it. `incurable`: to the end. */
export type Poison = "curable" | "incurable";

export type Operation = {
  readonly feed: FeedName;
  readonly segment: string;
  readonly member: string;
  readonly action: "add" | "remove";
  /** No two operations of a run have the same: the newest one decides. */
  readonly atMs: number;
  readonly poison?: Poison;
};

/** So few that there is something to get wrong for each. */
const OPERATIONS_A_MEMBER = 3;
/** Where in the run operations on poisoned members come. */
const POISON_TIMES: Readonly<Record<Poison, readonly [from: number, to: number]>> = {
  curable: [0.1, 0.7],
  incurable: [0.8, 0.97],
};
const WRITERS = [...new Set(FEEDS.map(({ writer }) => writer))];

/** All operations of a run, the oldest first, from `firstMs` on. */
export function drawOperations(
  scale: Scale,
  dice: Dice,
  secrets: Secrets,
  firstMs: number,
): readonly Operation[] {
  const segments = segmentsOf(scale.segments);
  const membersOfSegment = Math.ceil(scale.operations / segments.length / OPERATIONS_A_MEMBER);
  const poisoned = poisonPlaces(scale, dice, secrets);
  return Array.from({ length: scale.operations }, (_, number): Operation => {
    const action = dice.chance(0.6) ? "add" : "remove";
    const atMs = firstMs + number;
    const bad = poisoned.get(number);
    if (bad) return { ...bad, action, atMs };
    const member = `${secrets.mark}-member-${dice.between(1, membersOfSegment)}`;
    return { ...dice.pick(segments), member, action, atMs };
  });
}

/** What the destination must hold in the end: every member's newest operation. */
export function newestOf(operations: Iterable<Operation>): ReadonlyMap<string, Operation> {
  const newest = new Map<string, Operation>();
  for (const operation of operations) {
    const held = newest.get(identityOf(operation));
    if (!held || held.atMs < operation.atMs) newest.set(identityOf(operation), operation);
  }
  return newest;
}

export function identityOf({ feed, segment, member }: Omit<Operation, "action" | "atMs">): string {
  return JSON.stringify([feed, segment, member]);
}

export function poisonedMembers(
  { poisoned }: Scale,
  secrets: Secrets,
  kinds: readonly Poison[],
): readonly string[] {
  return kinds.flatMap((kind) =>
    WRITERS.flatMap((writer) =>
      Array.from({ length: poisoned[kind] }, (_, number) => poisonedMember(secrets, writer, kind, number)),
    ),
  );
}

function poisonedMember(secrets: Secrets, writer: string, kind: Poison, number: number): string {
  return `${secrets.mark}-${kind}-${writer}-${number}`;
}

type Segment = { readonly feed: FeedName; readonly segment: string };

/** The first segment of a feed: it has the feed's poisoned members among its own. */
function segmentOf(feed: FeedName, number: number): string {
  return `${feed}-segment-${number}`;
}

function segmentsOf(count: number): readonly [Segment, ...Segment[]] {
  const [first, ...others] = FEEDS.flatMap(({ name, share }) =>
    Array.from({ length: Math.max(1, Math.round((count * share) / 40)) }, (_, number) => ({
      feed: name,
      segment: segmentOf(name, number),
    })),
  );
  if (!first) throw new RangeError("a run needs a segment");
  return [first, ...others];
}

/** Which operations, by their number, are on which poisoned member. */
function poisonPlaces(scale: Scale, dice: Dice, secrets: Secrets) {
  const places = new Map<number, Omit<Operation, "action" | "atMs">>();
  const feeds = FEEDS.filter(({ form }) => form === "own");
  for (const { name: feed, writer } of feeds) {
    for (const poison of ["curable", "incurable"] as const) {
      const [from, to] = POISON_TIMES[poison].map((part) => Math.floor(part * scale.operations));
      for (let place = 0; place < scale.poisoned[poison] * OPERATIONS_A_MEMBER; place += 1) {
        const member = poisonedMember(secrets, writer, poison, place % scale.poisoned[poison]);
        // One that is taken already would lose its own.
        let at = dice.between(from ?? 0, to ?? 0);
        while (places.has(at)) at += 1;
        places.set(at, { feed, segment: segmentOf(feed, 0), member, poison });
      }
    }
  }
  return places;
}
