import type { PublicSegment } from "./public-segments.ts";
import type { MembersChanged } from "./segment-history.ts";

/** One change of a segment, for the audit log. `before` and `after` are absent where there was none, or is none any more. */
export type SegmentChange =
  | { readonly action: "createSegment"; readonly after: PublicSegment; readonly comment?: string | undefined }
  | { readonly action: "deleteSegment"; readonly before: PublicSegment }
  | {
      readonly action: "updateIncluded";
      readonly before: PublicSegment;
      readonly after: PublicSegment;
      readonly members: MembersChanged;
      readonly comment?: string | undefined;
    };

export type NoteSegmentChange = (change: SegmentChange) => void;

/** What one request of an integration was to the log: it makes a segment that is missing itself. */
export function syncedChanges({
  before,
  after,
  changed,
}: {
  readonly before: PublicSegment | undefined;
  readonly after: PublicSegment;
  readonly changed: MembersChanged;
}): readonly SegmentChange[] {
  const isChanged = changed.added + changed.removed > 0;
  const empty: PublicSegment = before ?? { ...after, version: 1, includedCount: 0 };
  return [
    ...(before ? [] : [{ action: "createSegment", after: empty } as const]),
    ...(isChanged ? [{ action: "updateIncluded", before: empty, after, members: changed } as const] : []),
  ];
}
