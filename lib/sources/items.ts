import type { Erasure } from "../messages/erasure-request.ts";
import type { FlagChange } from "../messages/flag-changes.ts";
import type { MetricEvent } from "../messages/metric-events.ts";
import {
  type IgnoredKind,
  MAX_LISTED_REJECTIONS,
  type Parsed,
  type Rejection,
  type RejectionCode,
  type RoutedOperation,
} from "./source.ts";

/** The meaning of one item of a request. `field` is the path within the item, empty for the item itself. */
export type Meaning =
  | { readonly kind: "operation"; readonly operation: RoutedOperation }
  | { readonly kind: "event"; readonly event: MetricEvent }
  | { readonly kind: "change"; readonly change: FlagChange }
  | { readonly kind: "erasure"; readonly erasure: Erasure }
  | { readonly kind: "ignored"; readonly as: IgnoredKind }
  | ItemFault;

export type ItemFault = {
  readonly kind: "fault";
  readonly code: RejectionCode;
  readonly field: string;
  readonly expected: string;
};

/** A valid item that the connection does not use. */
export function ignored(as: IgnoredKind): Meaning {
  return { kind: "ignored", as };
}

export function fault(code: RejectionCode, field: string, expected: string): ItemFault {
  return { kind: "fault", code, field, expected };
}

/**
 * Collects the meanings of all items, in order. `placeOf` returns an item's path in the body, for example `batch[3]`; it is
 * called only for a rejection.
 */
export function parseItems<Item>(
  items: readonly Item[],
  placeOf: (index: number) => string,
  meaningOf: (item: Item, index: number) => Meaning,
): Parsed {
  const operations: RoutedOperation[] = [];
  const events: MetricEvent[] = [];
  const changes: FlagChange[] = [];
  const erasures: Erasure[] = [];
  const ignoredByKind: Partial<Record<IgnoredKind, number>> = {};
  const rejected: Rejection[] = [];
  const rejectedByCode: Partial<Record<RejectionCode, number>> = {};
  for (const [index, item] of items.entries()) {
    const meaning = meaningOf(item, index);
    if (meaning.kind === "operation") operations.push(meaning.operation);
    if (meaning.kind === "event") events.push(meaning.event);
    if (meaning.kind === "change") changes.push(meaning.change);
    if (meaning.kind === "erasure") erasures.push(meaning.erasure);
    if (meaning.kind === "ignored") ignoredByKind[meaning.as] = (ignoredByKind[meaning.as] ?? 0) + 1;
    if (meaning.kind !== "fault") continue;
    const { code, field, expected } = meaning;
    rejectedByCode[code] = (rejectedByCode[code] ?? 0) + 1;
    if (rejected.length === MAX_LISTED_REJECTIONS) continue;
    const place = [placeOf(index), field].filter((part) => part !== "").join(".");
    rejected.push({ index, code, message: place === "" ? expected : `${place}: ${expected}` });
  }
  return {
    kind: "understood",
    items: items.length,
    operations,
    events,
    changes,
    erasures,
    ignoredByKind,
    rejected,
    rejectedByCode,
  };
}

/**
 * The same for items with several meanings each. `itemOf` returns the item of a meaning: a rejection has the index of its
 * item.
 */
export function parseInner(
  meanings: readonly Meaning[],
  itemOf: readonly number[],
  placeOf: (item: number) => string,
): Parsed {
  const itemAt = (index: number): number => itemOf[index] ?? index;
  const parsed = parseItems(
    meanings,
    (index) => placeOf(itemAt(index)),
    (meaning) => meaning,
  );
  if (parsed.kind === "malformed") return parsed;
  const rejected = parsed.rejected.map((rejection) => ({ ...rejection, index: itemAt(rejection.index) }));
  return { ...parsed, rejected };
}

/** Vendors send an explicit null for a value that they do not have. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
