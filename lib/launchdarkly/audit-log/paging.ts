import { isObject } from "../../json.ts";
import type { Page } from "./wire.ts";

/** Entries of one page, the most that LaunchDarkly gives. https://launchdarkly.com/docs/api/audit-log/get-audit-log-entries */
export const MAX_PAGE_ENTRIES = 20;

/** Where a page begins: with the newest entry before this time (Unix ms), or where LaunchDarkly's own link leads. */
export type Place = { readonly before: number; readonly next?: string };

export type Step =
  | { readonly kind: "end" }
  /** `crowded`: more entries share a ms than a page holds, and some of them cannot be asked for. */
  | { readonly kind: "place"; readonly place: Place; readonly crowded: boolean };

/**
 * The place after a page, down to `from`. A page begins again with the last ms of the one before: entries of one ms may
 * stand on both sides of the border, and whether "before" means "or at" is not documented. What is read twice is known
 * by its id. Entries that appear meanwhile move no place, because places are times and not positions.
 *
 * Of a ms with more entries than a page only LaunchDarkly's link leads to the rest.
 */
export function stepAfter(place: Place, { entries, next }: Page, from: number): Step {
  if (entries.length === 0) return END;
  if (entries.length < MAX_PAGE_ENTRIES && next === undefined) return END;
  const oldest = Math.min(...entries.map(dateOf));
  if (oldest < from) return END;
  if (oldest + 1 < place.before) return { kind: "place", place: { before: oldest + 1 }, crowded: false };
  if (next !== undefined && next !== place.next)
    return { kind: "place", place: { before: place.before, next }, crowded: false };
  if (place.before - 1 <= from) return END;
  return { kind: "place", place: { before: place.before - 1 }, crowded: entries.length >= MAX_PAGE_ENTRIES };
}

const END: Step = { kind: "end" };

/** An entry without a readable time says nothing about how far a page goes. */
function dateOf(entry: unknown): number {
  const date = isObject(entry) ? entry.date : undefined;
  return typeof date === "number" && Number.isFinite(date) ? date : Number.POSITIVE_INFINITY;
}
