import type { Entry, Ledger, LedgerSegment } from "./ledger.ts";

/**
 * What a person asks the ledger: who is in a segment, which segments there are, what is held. Apart from `Ledger`, because
 * no function but the eraser lists, and what they do costs no more for it. Every adapter passes `listing.contract.ts`.
 *
 * Listing is not a snapshot: each page is as of the moment it is read, and what the batcher writes meanwhile may be in it
 * or not. Memory stays bounded however much there is: a few pages at a time.
 */
export type LedgerListing = {
  /**
   * The entries of one segment and context kind, removals too, in no order and each key once. Each page is strongly
   * consistent. A segment that {@link LedgerListing.scan} named by its digest is listed by that digest as well.
   *
   * Rejects with a `ForeignItemError` at an item that Flagbridge did not write: whoever compares must not take what cannot
   * be read for absent.
   */
  readonly members: (
    segment: LedgerSegment,
    contextKind: string,
    options?: { readonly onRead?: ((soFar: ReadSoFar) => void) | undefined },
  ) => AsyncIterable<ListedEntry>;
  /** Every item of the table, in no order. Eventually consistent, at half the price: it may lack the last second. */
  readonly scan: (options?: ScanOptions) => AsyncIterable<ScannedItem>;
  /** For an estimate before a scan, and the end of its progress bar. */
  readonly size: () => Promise<TableSize>;
  /** Strongly consistent. Undefined when nobody ever held the segment. */
  readonly hold: (segment: LedgerSegment) => Promise<ListedHold | undefined>;
  /** As `Ledger` reads them: strongly consistent, and a key that is absent from the answer has no entry. */
  readonly entries: Ledger["readEntries"];
  /**
   * Deletes the removals of one context from these segments, and leaves every entry that says `add`. Safe once no queue and
   * no dead letter holds an older operation: without its removal the older one would be taken for new.
   * Answers for each segment, in the order of the segments.
   */
  readonly forgetEntries: (context: ForgottenContext) => Promise<readonly ForgottenEntry[]>;
};

/** `entry.action` says whether the key is a member or was removed. `key` is the whole key, however long it is. */
export type ListedEntry = { readonly key: string; readonly entry: Entry };

/** What the table calls a segment. */
export type ListedSegment = LedgerSegment & {
  /**
   * Whether `segment` is the SHA-256 of the name, which is over 1,024 bytes and not in the table. Every real name
   * begins with its writer (`big/…`), so that none looks like a digest.
   */
  readonly isDigest: boolean;
};

/** Without `untilMs` the segment is free. The other members are as in `Hold`. */
export type ListedHold = {
  readonly n: number;
  readonly dirty: number;
  readonly untilMs?: number;
  /** Nobody waits for the holder: a request of its may still take effect until `untilMs`. */
  readonly stalled: boolean;
};

export type ScannedItem =
  | ({ readonly kind: "entry"; readonly segment: ListedSegment; readonly contextKind: string } & ListedEntry)
  | { readonly kind: "hold"; readonly segment: ListedSegment; readonly hold: ListedHold }
  /** An item that Flagbridge cannot have written where it lies. `problem` names its attribute, and never a key or value. */
  | { readonly kind: "foreign"; readonly problem: string };

export type ScanOptions = {
  /** Parts of the table that are read side by side, from 1 up. 4 without it. */
  readonly segmentsAtATime?: number | undefined;
  /** After each page. */
  readonly onProgress?: ((soFar: ReadSoFar) => void) | undefined;
};

/** Both since the listing began. */
export type ReadSoFar = {
  readonly items: number;
  /** Read request units, which is what AWS bills. */
  readonly readUnits: number;
};

/** As DynamoDB has counted it within the last six hours: 0 of a new table, and always 0 of the local stack. */
export type TableSize = { readonly items: number; readonly bytes: number };

export type ForgottenContext = {
  readonly contextKind: string;
  readonly contextKey: string;
  readonly segments: readonly LedgerSegment[];
};

export type ForgottenEntry = {
  readonly segment: LedgerSegment;
  /**
   * `deleted`: there was a removal, and now there is none. `none`: there was no entry. `member`: the entry says `add`, and
   * stays. `changed`: a newer operation replaced the removal meanwhile, and stays.
   */
  readonly outcome: "deleted" | "none" | "member" | "changed";
};

/**
 * What a scan will consume, in read request units: half a unit for each 4 KiB.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function readUnitsOfScan({ bytes }: TableSize): number {
  return Math.ceil(bytes / 4_096) / 2;
}
