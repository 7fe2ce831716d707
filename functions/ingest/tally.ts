import type { IgnoredByKind, RejectedByCode } from "../../lib/sources/source.ts";

/** What became of a request's items, in numbers. `accepted` counts the ignored ones too. */
export type ItemTally = {
  readonly accepted: number;
  readonly ignoredByKind: IgnoredByKind;
  readonly rejectedByCode: RejectedByCode;
};

/**
 * Whether no item could be used: at least one was rejected, and all others were ignored. A request with only ignored items has
 * lost nothing.
 */
export function isAllRejected({ accepted, ignoredByKind, rejectedByCode }: ItemTally): boolean {
  return sumOf(rejectedByCode) > 0 && accepted === sumOf(ignoredByKind);
}

/** The sum of counts, by whatever they are counted. */
export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
