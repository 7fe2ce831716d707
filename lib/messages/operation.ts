import type { Version } from "./version.ts";

export type Action = "add" | "remove";

/** What the source calls the segment. The writer decides which LaunchDarkly segment that is. */
export type SegmentName = { readonly id: string; readonly name: string };

/** Add or remove one context to or from one segment, as ingest accepted it. */
export type AudienceOperation = {
  readonly segment: SegmentName;
  readonly contextKind: string;
  readonly contextKey: string;
  readonly action: Action;
  readonly version: Version;
};
