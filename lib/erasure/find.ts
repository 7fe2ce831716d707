import type { Entry, LedgerSegment } from "../audience/ledger/ledger.ts";
import type { LedgerListing, ReadSoFar } from "../audience/ledger/listing.ts";
import type { Connections } from "../connections/schema.ts";
import { sideBySide } from "../delivery/side-by-side.ts";
import type { AskEnvironment } from "../launchdarkly/membership/environment-members.ts";
import type {
  Context,
  LookAtSegment,
  LookedSegment,
  Membership,
} from "../launchdarkly/membership/membership.ts";
import { placeOfLedgerSegment, type SegmentPlace } from "../launchdarkly/membership/places.ts";
import { openWholeAnswers } from "./whole-answers.ts";

/** A segment of the ledger, and what it and LaunchDarkly say of the person. */
export type SegmentOfPerson = {
  readonly place: SegmentPlace;
  readonly entry: Entry | undefined;
  readonly membership: Membership;
};

export type OutOfReach = "environment" | "digest";

export type FoundPerson = {
  readonly segments: readonly SegmentOfPerson[];
  /** Segments with the person that cannot be written to or read, each with why. */
  readonly outOfReach: readonly { readonly segment: LedgerSegment; readonly why: OutOfReach }[];
  readonly foreignItems: number;
};

export type FindPorts = {
  readonly ledger: Pick<LedgerListing, "scan">;
  readonly connections: Connections;
  readonly look: LookAtSegment;
  readonly askEnvironment: AskEnvironment;
  readonly onRead: (soFar: ReadSoFar) => void;
};

const LOOKED_AT_ONCE = 4;

/** Of LaunchDarkly's word on all segments of an environment. */
const OUT: Membership = { member: false, how: "evaluate" };

/** Finds a person: one scan of the ledger gives every segment and their entries, and LaunchDarkly is asked about each segment. */
export async function findPerson(person: Context, ports: FindPorts): Promise<FoundPerson> {
  const [found] = await findPeople([person], ports);
  return found ?? { segments: [], outOfReach: [], foreignItems: 0 };
}

/** The same for several people, with one scan and one look at each segment for all of them; in the order of the people. */
export async function findPeople(
  people: readonly Context[],
  ports: FindPorts,
): Promise<readonly FoundPerson[]> {
  const { connections, look, askEnvironment } = ports;
  const { known, foreignItems } = await scanned(people, ports);
  const found = people.map(() => ({
    segments: [] as SegmentOfPerson[],
    outOfReach: [] as { readonly segment: LedgerSegment; readonly why: OutOfReach }[],
    foreignItems,
  }));
  const places: { readonly place: SegmentPlace; readonly entries: ReadonlyMap<number, Entry> }[] = [];
  for (const { segment, entries } of known) {
    const there = placeOfLedgerSegment(segment, connections);
    if (there.kind === "place") places.push({ place: there.place, entries });
    else
      for (const [at, one] of found.entries())
        if (entries.has(at)) one.outOfReach.push({ segment, why: there.why });
  }
  const whole = openWholeAnswers(
    places.map(({ place }) => place),
    people,
    askEnvironment,
  );
  // Beside the looks: while they are answered, an answer for a whole environment that takes too long is not taken for its silence.
  const asked = whole.ask();
  const looks = sideBySide(places, LOOKED_AT_ONCE, async ({ place, entries }) => {
    let looked: Promise<LookedSegment> | undefined;
    for (const [at, person] of people.entries()) {
      const entry = entries.get(at);
      // Of what is written by Flagbridge the segment itself is asked: this is the proof of an erasure.
      const isOut = !entry && whole.isOut(place, at);
      if (!isOut) looked ??= look(place);
      const membership = looked && !isOut ? await (await looked).memberOf(person) : OUT;
      found[at]?.segments.push({ place, entry, membership });
    }
  }).finally(whole.end);
  for (const end of await Promise.allSettled([looks, asked])) if (end.status === "rejected") throw end.reason;
  for (const { segments } of found) segments.sort(inOrder);
  return found;
}

type KnownSegment = {
  readonly segment: LedgerSegment;
  /** By the number of the person. */
  readonly entries: Map<number, Entry>;
};

async function scanned(people: readonly Context[], { ledger, onRead }: FindPorts) {
  const known = new Map<string, KnownSegment>();
  const numbers = new Map(people.map(({ kind, key }, at) => [JSON.stringify([kind, key]), at]));
  const keys = new Set(people.map(({ key }) => key));
  let foreignItems = 0;
  for await (const item of ledger.scan({ onProgress: onRead })) {
    if (item.kind === "foreign") {
      foreignItems += 1;
      continue;
    }
    const { environment, segment } = item.segment;
    const name = JSON.stringify([environment, segment]);
    const one = known.get(name) ?? { segment: { environment, segment }, entries: new Map() };
    known.set(name, one);
    if (item.kind !== "entry" || !keys.has(item.key)) continue;
    const at = numbers.get(JSON.stringify([item.contextKind, item.key]));
    if (at !== undefined) one.entries.set(at, item.entry);
  }
  return { known: [...known.values()], foreignItems };
}

function inOrder(a: SegmentOfPerson, b: SegmentOfPerson): number {
  const name = ({ place }: SegmentOfPerson) =>
    JSON.stringify([place.environment, place.ledgerSegment.segment]);
  return name(a) < name(b) ? -1 : 1;
}
