import type { LedgerSegment } from "../../lib/audience/ledger/ledger.ts";
import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";
import type { AudienceOperation } from "../../lib/messages/operation.ts";
import { compareVersions } from "../../lib/messages/version.ts";

/** Operations that are in the queue, until the ledger has each of them, or a newer one of the same member, in every environment. */
export type Acknowledgements = {
  readonly add: (operations: readonly AudienceOperation[]) => void;
  readonly waiting: () => number;
  /** How many were removed for the very time of the file, by another `--mirror` or by the source: no run for that time brings them back. */
  readonly removedAtOnce: () => number;
  /** Waits until at most so many are not acknowledged. */
  readonly drainTo: (most: number) => Promise<"drained" | "stalled" | "stopped">;
};

export type AcknowledgementPorts = {
  readonly entries: LedgerListing["entries"];
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly isStopped: () => boolean;
  readonly onProgress: (waiting: number) => void;
};

/** Ten calls of DynamoDB. */
const KEYS_A_LOOK = 1_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** What LaunchDarkly has not taken for so long it refuses, or it is away: a person has to look. */
export const STALLED_MS = 15 * 60_000;

export function openAcknowledgements(
  of: { readonly segments: readonly LedgerSegment[]; readonly contextKind: string },
  { entries, now, sleep, isStopped, onProgress }: AcknowledgementPorts,
): Acknowledgements {
  let waiting: AudienceOperation[] = [];
  let removedAtOnce = 0;
  /** Those of the operations that some environment lacks. */
  const lacking = async (operations: readonly AudienceOperation[]): Promise<readonly AudienceOperation[]> => {
    const keys = operations.map(({ contextKey }) => contextKey);
    const found = await Promise.all(of.segments.map((segment) => entries(segment, of.contextKind, keys)));
    const entriesOf = ({ contextKey }: AudienceOperation) =>
      found.map((ofSegment) => ofSegment.get(contextKey));
    const [left, through] = [[] as AudienceOperation[], [] as AudienceOperation[]];
    for (const operation of operations) {
      const isLeft = entriesOf(operation).some(
        (entry) => entry === undefined || compareVersions(entry.version, operation.version) < 0,
      );
      (isLeft ? left : through).push(operation);
    }
    removedAtOnce += through.filter((operation) =>
      entriesOf(operation).some(
        (entry) => entry?.action === "remove" && entry.version[0] === operation.version[0],
      ),
    ).length;
    return left;
  };
  return {
    waiting: () => waiting.length,
    removedAtOnce: () => removedAtOnce,
    add: (operations) => {
      for (const operation of operations) waiting.push(operation);
    },
    drainTo: async (most) => {
      let progressedMs = now();
      let pauseMs = FIRST_PAUSE_MS;
      while (waiting.length > most) {
        if (isStopped()) return "stopped";
        const looked = waiting.slice(0, KEYS_A_LOOK);
        const left = await lacking(looked);
        waiting = [...waiting.slice(looked.length), ...left];
        onProgress(waiting.length);
        if (left.length < looked.length) {
          progressedMs = now();
          pauseMs = FIRST_PAUSE_MS;
          continue;
        }
        if (now() - progressedMs >= STALLED_MS) return "stalled";
        await sleep(pauseMs);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      }
      return "drained";
    },
  };
}
