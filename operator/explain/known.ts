import type { LedgerListing, ListedHold } from "../../lib/audience/ledger/listing.ts";
import type { LookAtSegment, LookedSegment } from "../../lib/launchdarkly/membership/membership.ts";
import { placeOfLedgerSegment, type SegmentPlace } from "../../lib/launchdarkly/membership/places.ts";
import type { Bundle, BundleQueue } from "../bundle.ts";
import { type LetterCalls, walkLetters } from "../dead-letters/walk.ts";
import { operationsFor } from "../membership/named-operations.ts";
import { placesOfSegment } from "../membership/places.ts";
import { misspelt } from "../misspelt.ts";
import { OperatorProblem } from "../problem.ts";
import type { DeadOperation } from "./facts.ts";

export type KnownPlace = {
  readonly place: SegmentPlace;
  readonly hold: ListedHold | undefined;
  readonly looked: LookedSegment;
  /** Every operation on the segment that is in a dead letter. */
  readonly letters: readonly DeadOperation[];
};

export type KnownLookups = {
  readonly bundle: Pick<Bundle, "connections" | "queues" | "namePrefix">;
  readonly ledger: Pick<LedgerListing, "hold" | "scan" | "size">;
  readonly look: LookAtSegment;
  /** Absent: dead letters are not looked at. */
  readonly letterCalls?: LetterCalls | undefined;
  /** Unix ms. */
  readonly now: () => number;
};

/**
 * The places of a segment, each with what is known of the segment as a whole. A segment that neither the ledger nor LaunchDarkly nor
 * a dead letter has is not known; one that is known in some place is looked at in all places of the same connections.
 * @throws {OperatorProblem} for a connection or a segment that nobody knows
 */
export async function knownPlaces(
  asked: { readonly segmentId: string; readonly connection: string | undefined },
  ports: KnownLookups,
): Promise<readonly KnownPlace[]> {
  const { bundle, ledger, look } = ports;
  const places = placesOfSegment(bundle.connections, asked);
  const letters = await lettersByPlace(places, ports);
  const all = await Promise.all(
    places.map(async (place, at) => {
      const [hold, looked] = await Promise.all([ledger.hold(place.ledgerSegment), look(place)]);
      return { place, hold, looked, letters: letters[at] ?? [] };
    }),
  );
  // `big` and `list` share keys: a segment of the other kind is the other one's.
  const isKnown = ({ place, hold, looked: { found }, letters: dead }: KnownPlace): boolean =>
    hold !== undefined || (found.kind === "found" && found.segment.kind === place.writer) || dead.length > 0;
  const knowing = new Set(all.filter(isKnown).flatMap(({ place }) => place.connections));
  if (knowing.size === 0) throw await unknownSegment(asked.segmentId, all, ports);
  return all.filter(({ place }) => place.connections.some((name) => knowing.has(name)));
}

/** One walk for each environment, whatever the number of its places. */
async function lettersByPlace(
  places: readonly SegmentPlace[],
  { bundle, letterCalls }: KnownLookups,
): Promise<readonly (readonly DeadOperation[])[]> {
  const found: DeadOperation[][] = places.map(() => []);
  if (!letterCalls) return found;
  const environments = new Set(places.map(({ environment }) => environment));
  const isAudienceQueue = ({ kind, destination }: BundleQueue): boolean =>
    kind === "audience-operations" && environments.has(destination);
  await Promise.all(
    bundle.queues.filter(isAudienceQueue).map((queue) =>
      walkLetters(
        {
          bundle: { queues: [queue], namePrefix: bundle.namePrefix },
          choice: { queue: undefined, reason: undefined, connection: undefined },
          limit: Number.POSITIVE_INFINITY,
          atATime: 100,
          isStopped: () => false,
          take: async (letters) => {
            for (const { id: letterId, reason, cause, body } of letters)
              for (const [at, place] of places.entries())
                if (place.environment === queue.destination)
                  for (const operation of operationsFor(place, body, bundle.connections))
                    found[at]?.push({ operation, letterId, queue: queue.deadLetters.name, reason, cause });
            return [];
          },
        },
        letterCalls,
      ),
    ),
  );
  return found;
}

/** A ledger of up to this size is read whole to find the name that was meant: that costs about a cent and takes some seconds. */
const MAX_SEARCHED_BYTES = 256 * 1_024 * 1_024;

async function unknownSegment(
  segmentId: string,
  all: readonly KnownPlace[],
  { bundle, ledger }: KnownLookups,
): Promise<OperatorProblem> {
  const unread = all.find(({ looked }) => looked.found.kind === "unknown")?.looked.found;
  const why =
    unread?.kind === "unknown"
      ? ` LaunchDarkly could not be asked in every environment (${unread.why}).`
      : "";
  const { bytes } = await ledger.size();
  if (bytes > MAX_SEARCHED_BYTES)
    return new OperatorProblem(
      `--segment: nobody knows a segment "${segmentId}": flagbridge segments lists those of the ledger.${why}`,
    );
  const known = new Set<string>();
  for await (const item of ledger.scan()) {
    if (item.kind !== "hold" || item.segment.isDigest) continue;
    const found = placeOfLedgerSegment(item.segment, bundle.connections);
    if (found.kind === "place") known.add(found.place.segment.id);
  }
  const expected = "a segment that the ledger or LaunchDarkly knows";
  return new OperatorProblem(`${misspelt("--segment", segmentId, [...known].sort(), expected)}${why}`);
}
