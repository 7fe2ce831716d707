import type { LedgerSegment } from "../../lib/audience/ledger/ledger.ts";
import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";
import { compareVersions, type Version } from "../../lib/messages/version.ts";
import { OperatorProblem } from "../problem.ts";
import type { Refusals } from "./outcome.ts";
import type { SeenTexts } from "./seen-texts.ts";
import { openSender, type SenderPorts } from "./sender.ts";
import type { BackfillSettings } from "./settings.ts";

/** How many members the ledger believes in, in each of the segments. */
export type Beliefs = readonly number[];

export type MirrorPorts = Omit<SenderPorts, "onConfirmed"> & {
  readonly members: LedgerListing["members"];
  /** Asks before members are removed. */
  readonly confirm: (planned: PlannedRemoval) => Promise<boolean>;
};

/** What would be removed: how many, of how many, and who are some of them. */
export type PlannedRemoval = {
  readonly count: number;
  readonly of: number;
  readonly sample: readonly string[];
};

export type MirrorEnd =
  | { readonly kind: "removed"; readonly count: number; readonly messages: number }
  | { readonly kind: "declined"; readonly count: number }
  /** Ctrl-C, or a queue that does not take everything: running again removes the rest. */
  | { readonly kind: "stopped"; readonly code: string | undefined };

export type MirrorRequest = {
  readonly settings: BackfillSettings;
  readonly segments: readonly LedgerSegment[];
  /** Every key that the file has. */
  readonly file: SeenTexts;
  readonly refusals: Refusals;
  /** The members before the file was sent. */
  readonly before: Beliefs;
  /** How many of a hundred members may be removed. */
  readonly allowedPercent: number;
};

export const ALLOWED_PERCENT = 20;

const SAMPLE = 10;
/** So many keys are kept from the listing; of more, the segment is listed once more to remove them. */
const KEPT_KEYS = 100_000;

/** Counts the members of the segments, before anything is sent: what is removed is measured by it. */
export async function beliefsOf(
  { segments, contextKind }: { readonly segments: readonly LedgerSegment[]; readonly contextKind: string },
  members: LedgerListing["members"],
): Promise<Beliefs> {
  return Promise.all(
    segments.map(async (segment) => {
      let count = 0;
      for await (const { entry } of members(segment, contextKind)) if (entry.action === "add") count += 1;
      return count;
    }),
  );
}

/**
 * Removes the members that the ledger believes in and the file lacks, once everything of the file is acknowledged. Members that were
 * added after the export was taken stay.
 * @throws {OperatorProblem} when rows of the file mean members whom nobody can name, or too many would be removed: nothing is removed then
 */
export async function removeOthers(request: MirrorRequest, ports: MirrorPorts): Promise<MirrorEnd> {
  const { settings, refusals, before, allowedPercent } = request;
  if (refusals.somebody > 0)
    throw new OperatorProblem(
      `Nothing was removed: ${refusals.somebody} rows of the file mean members that could not be read, who would be removed too. Put them right, or take them out of the file, and run the command again.`,
    );
  const found = await othersIn(request, ports);
  const [worst] = found.counts
    .map((count, index) => ({ count, of: Math.max(before[index] ?? 0, count) }))
    .sort((a, b) => b.count / Math.max(1, b.of) - a.count / Math.max(1, a.of));
  const { count, of } = worst ?? { count: 0, of: 0 };
  if (count === 0) return { kind: "removed", count: 0, messages: 0 };
  const percent = (count / of) * 100;
  if (percent > allowedPercent)
    throw new OperatorProblem(
      `Nothing was removed: the file lacks ${count} of ${of} members, which is ${shownPercent(percent)} and more than ${allowedPercent} %. ` +
        `Is it the whole segment? If it is: --allow-removing ${Math.ceil(percent)}`,
    );
  if (!(await ports.confirm({ count, of, sample: found.keys.slice(0, SAMPLE) })))
    return { kind: "declined", count };
  return remove(settings, found.keys.length < KEPT_KEYS ? found.keys : othersOf(request, ports), ports);
}

/** What {@link removeOthers} would remove, without asking or removing anything. */
export async function plannedRemoval(
  request: MirrorRequest,
  ports: Pick<MirrorPorts, "members">,
): Promise<PlannedRemoval> {
  const { counts, keys } = await othersIn(request, ports);
  return { count: Math.max(0, ...counts), of: Math.max(0, ...request.before), sample: keys.slice(0, SAMPLE) };
}

async function remove(
  settings: BackfillSettings,
  keys: Iterable<string> | AsyncIterable<string>,
  ports: MirrorPorts,
): Promise<MirrorEnd> {
  const { connectionName: connection, acceptedAtMs: acceptedAt, queues, segment, contextKind } = settings;
  const sender = openSender({ connection, acceptedAt, queues }, ports);
  const version = removalVersion(settings);
  let count = 0;
  for await (const contextKey of keys) {
    if (ports.isStopped() || sender.failure()) break;
    count += 1;
    const busy = sender.add({ segment, contextKind, contextKey, action: "remove", version }, count);
    if (busy) await busy;
  }
  await sender.end();
  const failure = sender.failure();
  if (failure || ports.isStopped()) return { kind: "stopped", code: failure?.code };
  return { kind: "removed", count, messages: sender.progress().messages };
}

/** True at the time of the export, like the rows, and after those of an earlier run for the same time. */
function removalVersion({ atMs, acceptedAtMs }: BackfillSettings): Version {
  return [atMs, acceptedAtMs, Number.MAX_SAFE_INTEGER, "backfill-mirror"];
}

/** How many each segment has too many, and the first of their keys. */
async function othersIn(
  request: MirrorRequest,
  { members }: Pick<MirrorPorts, "members">,
): Promise<{ readonly counts: readonly number[]; readonly keys: readonly string[] }> {
  const keys = new Set<string>();
  const counts = await Promise.all(
    request.segments.map(async (segment) => {
      let count = 0;
      for await (const key of othersOfSegment(segment, request, members)) {
        count += 1;
        if (keys.size < KEPT_KEYS) keys.add(key);
      }
      return count;
    }),
  );
  return { counts, keys: [...keys] };
}

async function* othersOf(
  request: MirrorRequest,
  { members }: Pick<MirrorPorts, "members">,
): AsyncGenerator<string> {
  // A member of several environments comes several times, which changes nothing.
  for (const segment of request.segments) yield* othersOfSegment(segment, request, members);
}

async function* othersOfSegment(
  segment: LedgerSegment,
  { settings, file }: Pick<MirrorRequest, "settings" | "file">,
  members: LedgerListing["members"],
): AsyncGenerator<string> {
  const version = removalVersion(settings);
  for await (const { key, entry } of members(segment, settings.contextKind))
    if (entry.action === "add" && !file.has(key) && compareVersions(version, entry.version) > 0) yield key;
}

function shownPercent(percent: number): string {
  return `${percent < 1 ? percent.toFixed(2) : Math.round(percent)} %`;
}
