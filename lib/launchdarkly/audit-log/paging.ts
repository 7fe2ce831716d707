import { isObject } from "../../json.ts";
import type { Page } from "./wire.ts";

/** The most entries that LaunchDarkly returns in a page. https://launchdarkly.com/docs/api/audit-log/get-audit-log-entries */
export const MAX_PAGE_ENTRIES = 20;

/** Where a page begins: at the newest entry before this time (Unix ms), or at LaunchDarkly's own link. */
export type Place = { readonly before: number; readonly next?: string };

export type Step =
  | { readonly kind: "end" }
  /** `crowded`: more entries share a ms than fit on a page, and some of them cannot be read. */
  | { readonly kind: "place"; readonly place: Place; readonly crowded: boolean };

/**
 * Returns the place after a page, down to `from`. A page starts again at the last ms of the page before: entries of one ms
 * may be on both pages, and whether "before" means "or at" is not documented. An entry that is read twice is recognized by
 * its id. New entries do not move a place, because places are times and not positions.
 *
 * If a ms has more entries than a page, only LaunchDarkly's link leads to the rest of them.
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

/** An entry without a readable time does not say how far a page reaches. */
function dateOf(entry: unknown): number {
  const date = isObject(entry) ? entry.date : undefined;
  return typeof date === "number" && Number.isFinite(date) ? date : Number.POSITIVE_INFINITY;
}
