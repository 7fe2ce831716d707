import type { LedgerListing, ListedHold, ReadSoFar } from "../lib/audience/ledger/listing.ts";
import type { Connections } from "../lib/connections/schema.ts";
import { placeOfLedgerSegment, writerText } from "../lib/launchdarkly/membership/places.ts";
import { holdFact } from "./explain/facts.ts";
import { isoTime } from "./explain/verdict.ts";

export type KnownSegment = {
  /** The environment's name in connections.yml; its client-side ID where no environment has that. */
  readonly environment: string;
  /** `unknown` where the ledger has only the digest of a long name. */
  readonly writer: string;
  readonly id: string;
  /** How many members it has of each context kind, as the ledger has it. */
  readonly kinds: Readonly<Record<string, number>>;
  /** When LaunchDarkly last acknowledged a change, ISO 8601; null when it never has. */
  readonly changedAt: string | null;
  readonly hold: { readonly kind: "busy" | "stalled"; readonly until: string } | null;
};

/** With what a person is told besides. */
export type ShownSegment = KnownSegment & { readonly writerText: string };

export type SegmentsPorts = {
  readonly ledger: Pick<LedgerListing, "scan">;
  readonly connections: Connections;
  /** Unix ms. */
  readonly now: () => number;
  readonly onProgress?: ((soFar: ReadSoFar) => void) | undefined;
};

/** What cannot be understood is counted, never guessed. */
export type KnownSegments = { readonly segments: readonly ShownSegment[]; readonly foreignItems: number };

type Summary = {
  readonly environment: string;
  readonly segment: string;
  readonly kinds: Map<string, number>;
  changedAtMs: number | undefined;
  hold: ListedHold | undefined;
};

/** Every segment that the ledger knows: one scan of the table, in memory that grows with the segments and not with their members. */
export async function listSegments({
  ledger,
  connections,
  now,
  onProgress,
}: SegmentsPorts): Promise<KnownSegments> {
  const summaries = new Map<string, Summary>();
  let foreignItems = 0;
  for await (const item of ledger.scan({ onProgress })) {
    if (item.kind === "foreign") {
      foreignItems += 1;
      continue;
    }
    const { environment, segment } = item.segment;
    const key = JSON.stringify([environment, segment]);
    const summary = summaries.get(key) ?? {
      environment,
      segment,
      kinds: new Map<string, number>(),
      changedAtMs: undefined,
      hold: undefined,
    };
    summaries.set(key, summary);
    if (item.kind === "hold") summary.hold = item.hold;
    else {
      const { contextKind, entry } = item;
      summary.kinds.set(
        contextKind,
        (summary.kinds.get(contextKind) ?? 0) + (entry.action === "add" ? 1 : 0),
      );
      summary.changedAtMs = Math.max(summary.changedAtMs ?? entry.at, entry.at);
    }
  }
  const segments = [...summaries.values()].map((summary) => shownSegment(summary, connections, now()));
  return { segments: segments.sort(inOrder), foreignItems };
}

function shownSegment(
  { environment, segment, kinds, changedAtMs, hold }: Summary,
  connections: Connections,
  nowMs: number,
): ShownSegment {
  const found = placeOfLedgerSegment({ environment, segment }, connections);
  const named =
    found.kind === "place"
      ? {
          environment: found.place.environment,
          writer: found.place.writer,
          id: found.place.segment.id,
          writerText: writerText(found.place),
        }
      : { environment: found.environment, writer: found.writer, id: found.id, writerText: found.writer };
  const held = holdFact(hold, nowMs);
  return {
    ...named,
    kinds: Object.fromEntries([...kinds].sort(([a], [b]) => (a < b ? -1 : 1))),
    changedAt: changedAtMs === undefined ? null : isoTime(changedAtMs),
    hold: held.kind === "free" ? null : { kind: held.kind, until: isoTime(held.untilMs) },
  };
}

function inOrder(a: ShownSegment, b: ShownSegment): number {
  const place = ({ environment, writerText: writer, id }: ShownSegment) =>
    JSON.stringify([environment, writer, id]);
  return place(a) < place(b) ? -1 : 1;
}
