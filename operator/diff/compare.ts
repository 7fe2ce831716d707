import type { Entry } from "../../lib/audience/ledger/ledger.ts";
import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";
import { sideBySide } from "../../lib/delivery/side-by-side.ts";
import type { Context, LookedSegment } from "../../lib/launchdarkly/membership/membership.ts";
import type { SegmentPlace } from "../../lib/launchdarkly/membership/places.ts";
import { compareVersions } from "../../lib/messages/version.ts";
import { type Drift, type Seen, verdictOn } from "./drift.ts";
import { openSample } from "./sample.ts";

/** The keys of the file, which are the truth, of one context kind. */
export type FileKeys = { readonly kind: string; readonly keys: ReadonlySet<string> };

export type HowMany = { readonly kind: "sample"; readonly size: number } | { readonly kind: "all" };

export type Comparison = {
  /** Members that were compared. */
  readonly compared: number;
  readonly drift: readonly Drift[];
  /** Those that LaunchDarkly did not say anything about, or that changed meanwhile. */
  readonly unknown: number;
};

export type ComparePorts = {
  readonly ledger: Pick<LedgerListing, "members" | "entries">;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How many members have been compared. */
  readonly onProgress: (done: number) => void;
};

/** One segment to compare. */
export type AskedComparison = {
  readonly place: SegmentPlace;
  readonly looked: LookedSegment;
  /** The context kinds whose entries of the ledger are read. */
  readonly kinds: readonly string[];
  readonly howMany: HowMany;
  readonly file: FileKeys | undefined;
  /** All that LaunchDarkly has, each as `<kind> <key>`, where it is known: then nobody is asked for one by one. */
  readonly included: ReadonlySet<string> | undefined;
  /** Whether that is of some time ago, so that each difference is asked for once more. */
  readonly recheck: "yes" | "no";
};

/** Questions to LaunchDarkly side by side: their limit is shared, so that more would only wait together. */
const ASKED_AT_ONCE = 8;
/** Members that are looked at together, so that memory does not grow with the segment. */
const CHUNK = 500;

/**
 * Compares what the ledger has of one segment with what LaunchDarkly has, and both with a file where there is one. What LaunchDarkly
 * has is known whole, or asked for key by key, of as many as wanted.
 */
export async function compareSegment(asked: AskedComparison, ports: ComparePorts): Promise<Comparison> {
  const { included } = asked;
  const compared = included
    ? await compareWhole(asked, included, ports)
    : asked.howMany.kind === "all"
      ? await compareAll(asked, ports)
      : await compareSample(asked, asked.howMany.size, ports);
  const rechecked = asked.recheck === "yes" ? await askedAgain(asked, compared) : compared;
  return withoutChanged(asked.place, rechecked, ports);
}

/** What was exported may have changed since: whoever is said to differ is asked for by key. */
async function askedAgain(
  asked: AskedComparison,
  { compared, drift, unknown }: Comparison,
): Promise<Comparison> {
  const tally = openTally({ onProgress: () => undefined });
  await sideBySide(drift, ASKED_AT_ONCE, async ({ repair, ...seen }) => {
    const member = await memberOf(asked.looked, seen);
    // Where the file is the truth, it said what the repair says.
    tally.add({ ...seen, member }, asked.file?.kind === seen.kind ? repair === "add" : undefined);
  });
  const again = tally.result();
  return {
    compared: compared - drift.length + again.compared,
    drift: again.drift,
    unknown: unknown + again.unknown,
  };
}

type Known = Omit<Seen, "member"> & { readonly inFile: boolean | undefined };

/** What the ledger and the file have, each key once. */
async function* knownKeys(
  { place, kinds, file }: AskedComparison,
  { ledger }: ComparePorts,
): AsyncGenerator<Known> {
  for (const kind of kinds) {
    const left = file?.kind === kind ? new Set(file.keys) : undefined;
    for await (const { key, entry } of ledger.members(place.ledgerSegment, kind))
      yield { kind, key, entry, inFile: left?.delete(key) };
    for (const key of left ?? []) yield { kind, key, entry: undefined, inFile: true };
  }
}

async function compareWhole(
  asked: AskedComparison,
  included: ReadonlySet<string>,
  ports: ComparePorts,
): Promise<Comparison> {
  const left = new Set(included);
  const tally = openTally(ports);
  for await (const { inFile, ...known } of knownKeys(asked, ports))
    tally.add({ ...known, member: left.delete(`${known.kind} ${known.key}`) }, inFile);
  for (const target of left) {
    const space = target.indexOf(" ");
    const context = { kind: target.slice(0, space), key: target.slice(space + 1) };
    // Of other kinds a file of keys of one kind says nothing.
    const inFile = asked.file?.kind === context.kind ? false : undefined;
    tally.add({ ...context, entry: undefined, member: true }, inFile);
  }
  return tally.result();
}

async function compareAll(asked: AskedComparison, ports: ComparePorts): Promise<Comparison> {
  const tally = openTally(ports);
  let chunk: Known[] = [];
  for await (const known of knownKeys(asked, ports)) {
    chunk.push(known);
    if (chunk.length < CHUNK) continue;
    await askFor(chunk, asked, tally);
    chunk = [];
  }
  await askFor(chunk, asked, tally);
  return tally.result();
}

async function compareSample(asked: AskedComparison, size: number, ports: ComparePorts): Promise<Comparison> {
  const sample = openSample<Known>(size, ports.random);
  const tally = openTally(ports);
  for await (const known of knownKeys(asked, ports)) {
    const { inFile, ...rest } = known;
    // The file and the ledger are compared whole, because that costs no request: what differs there needs no question.
    const differs = inFile !== undefined && inFile !== (known.entry?.action === "add");
    if (differs) tally.add({ ...rest, member: null }, inFile);
    else sample.add(known);
  }
  await askFor(sample.items(), asked, tally);
  return tally.result();
}

async function askFor(
  some: readonly Known[],
  { looked }: AskedComparison,
  tally: ReturnType<typeof openTally>,
): Promise<void> {
  await sideBySide(some, ASKED_AT_ONCE, async ({ inFile, ...known }) =>
    tally.add({ ...known, member: await memberOf(looked, known) }, inFile),
  );
}

/** Where the segment itself could not be read, each question would fail as well, after patience. */
async function memberOf(looked: LookedSegment, context: Context): Promise<boolean | null> {
  if (looked.found.kind === "unknown") return null;
  return (await looked.memberOf(context)).member;
}

function openTally({ onProgress }: Pick<ComparePorts, "onProgress">) {
  const drift: Drift[] = [];
  let compared = 0;
  let unknown = 0;
  return {
    add: (seen: Seen, inFile: boolean | undefined): void => {
      const verdict = verdictOn(seen, inFile);
      if (verdict.kind === "unknown") unknown += 1;
      else compared += 1;
      if (verdict.kind === "drift") drift.push(verdict.drift);
      onProgress(compared + unknown);
    },
    result: (): Comparison => ({ compared, drift, unknown }),
  };
}

const READ_AT_ONCE = 1_000;

/** Whose entry has changed since it was compared was being written meanwhile: nobody can say that the sides differ. */
async function withoutChanged(
  { ledgerSegment }: SegmentPlace,
  { compared, drift, unknown }: Comparison,
  { ledger }: ComparePorts,
): Promise<Comparison> {
  const still: Drift[] = [];
  for (const [kind, ofKind] of Map.groupBy(drift, (one) => one.kind)) {
    for (let start = 0; start < ofKind.length; start += READ_AT_ONCE) {
      const some = ofKind.slice(start, start + READ_AT_ONCE);
      const keys = some.map(({ key }) => key);
      const entries = await ledger.entries(ledgerSegment, kind, keys);
      still.push(...some.filter(({ key, entry }) => isSame(entry, entries.get(key))));
    }
  }
  const changed = drift.length - still.length;
  return { compared: compared - changed, drift: still, unknown: unknown + changed };
}

function isSame(before: Entry | undefined, now: Entry | undefined): boolean {
  if (!before || !now) return before === now;
  return compareVersions(before.version, now.version) === 0;
}
