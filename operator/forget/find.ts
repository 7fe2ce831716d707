import type { Entry, LedgerSegment } from "../../lib/audience/ledger/ledger.ts";
import type { LedgerListing, ReadSoFar } from "../../lib/audience/ledger/listing.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { sideBySide } from "../../lib/delivery/side-by-side.ts";
import type { Context, LookAtSegment, LookedSegment, Membership } from "../membership/membership.ts";
import { placeOfLedgerSegment, type SegmentPlace } from "../membership/places.ts";

/** A segment of the ledger, and what it and LaunchDarkly say of the person. */
export type SegmentOfPerson = {
  readonly place: SegmentPlace;
  readonly entry: Entry | undefined;
  readonly looked: LookedSegment;
  readonly membership: Membership;
};

export type FoundPerson = {
  readonly segments: readonly SegmentOfPerson[];
  /** Segments with the person that cannot be written to or read, each with why. */
  readonly outOfReach: readonly { readonly segment: LedgerSegment; readonly why: string }[];
  readonly foreignItems: number;
};

export type FindPorts = {
  readonly ledger: Pick<LedgerListing, "scan">;
  readonly connections: Connections;
  readonly look: LookAtSegment;
  readonly onRead: (soFar: ReadSoFar) => void;
};

const LOOKED_AT_ONCE = 4;

/** Finds a person: one scan of the ledger gives every segment and their entries, and LaunchDarkly is asked about each segment. */
export async function findPerson(person: Context, ports: FindPorts): Promise<FoundPerson> {
  const { ledger, connections, look, onRead } = ports;
  const known = new Map<string, { readonly segment: LedgerSegment; entry: Entry | undefined }>();
  let foreignItems = 0;
  for await (const item of ledger.scan({ onProgress: onRead })) {
    if (item.kind === "foreign") {
      foreignItems += 1;
      continue;
    }
    const { environment, segment } = item.segment;
    const key = JSON.stringify([environment, segment]);
    const one = known.get(key) ?? { segment: { environment, segment }, entry: undefined };
    known.set(key, one);
    if (item.kind === "entry" && item.contextKind === person.kind && item.key === person.key)
      one.entry = item.entry;
  }
  const segments: SegmentOfPerson[] = [];
  const outOfReach: { readonly segment: LedgerSegment; readonly why: string }[] = [];
  await sideBySide([...known.values()], LOOKED_AT_ONCE, async ({ segment, entry }) => {
    const found = placeOfLedgerSegment(segment, connections);
    if (found.kind === "unknown") {
      if (entry) outOfReach.push({ segment, why: WHY[found.why] });
      return;
    }
    const looked = await look(found.place);
    segments.push({ place: found.place, entry, looked, membership: await looked.memberOf(person) });
  });
  return { segments: segments.sort(inOrder), outOfReach, foreignItems };
}

const WHY = {
  environment: "connections.yml has no environment with this client-side ID",
  digest: "its name is longer than the ledger keeps: remove the person through its source",
};

function inOrder(a: SegmentOfPerson, b: SegmentOfPerson): number {
  const name = ({ place }: SegmentOfPerson) =>
    JSON.stringify([place.environment, place.ledgerSegment.segment]);
  return name(a) < name(b) ? -1 : 1;
}
