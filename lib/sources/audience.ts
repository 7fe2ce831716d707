import { type RuledAudience, ruledAudience, type SelectedAudience } from "../connections/audience-rules.ts";
import type { AudienceOperation, SegmentName } from "../messages/operation.ts";
import type { Meaning } from "./items.ts";
import type { SourceRequest } from "./source.ts";

/** An audience as the connection's rules have it, or the meaning of every item about it. */
export type Audience = SelectedAudience | { readonly kind: "ignored"; readonly as: "audience_not_selected" };

/** Applies the connection's rules to the audience that a request names. */
export function audienceIn(request: SourceRequest, named: SegmentName): Audience {
  const ruled: RuledAudience = ruledAudience(request.connection, named);
  request.onAudience?.(named, ruled);
  return ruled.kind === "selected" ? ruled : NOT_SELECTED;
}

const NOT_SELECTED = { kind: "ignored", as: "audience_not_selected" } as const;

/** The meaning of an item about a selected audience. Without `contextKind` it has the audience's. */
export function operationOn(
  { segment, contextKind: own, to }: SelectedAudience,
  {
    contextKind = own,
    contextKey,
    action,
    version,
  }: Omit<AudienceOperation, "segment" | "contextKind"> & { readonly contextKind?: string | undefined },
): Meaning {
  const operation = { segment, contextKind, contextKey, action, version };
  return { kind: "operation", operation: to === undefined ? operation : { ...operation, to } };
}
