import type { SegmentName } from "../messages/operation.ts";
import type { Connection } from "./schema.ts";
import { contextKeyNames } from "./source-traits.ts";

/** What a connection's rules make of an audience. */
export type RuledAudience =
  | SelectedAudience
  /** The rule that leaves it out. */
  | { readonly kind: "left-out"; readonly by: "only" | "except" };

export type SelectedAudience = {
  readonly kind: "selected";
  readonly segment: SegmentName;
  /** The kind of operations that name none. */
  readonly contextKind: string;
  /** The names under which a request may state the context key; the first one present wins. */
  readonly contextKeys: readonly string[];
  /** The environments that receive it; undefined means all of the connection's. */
  readonly to: readonly string[] | undefined;
};

/** Applies the rules of a connection's `audiences` to an audience as its source names it. */
export function ruledAudience(connection: Connection, audience: SegmentName): RuledAudience {
  const { only, except, rename, byAudience, contextKind } = connection.audiences;
  if (only && !only.includes(audience.id)) return { kind: "left-out", by: "only" };
  if (except?.includes(audience.id)) return { kind: "left-out", by: "except" };
  const own = byAudience && ownMember(byAudience, audience.id);
  return {
    kind: "selected",
    segment: rename ? renamed(audience, ownMember(rename, audience.id)) : audience,
    contextKind: own?.contextKind ?? contextKind,
    contextKeys: own?.contextKey ?? contextKeyNames(connection),
    to: own?.to,
  };
}

/** Returns the audience itself when nothing is renamed, so that operations share one object. */
function renamed(
  audience: SegmentName,
  to: { readonly id?: string | undefined; readonly name?: string | undefined } | undefined,
): SegmentName {
  return to ? { id: to.id ?? audience.id, name: to.name ?? audience.name } : audience;
}

function ownMember<One>(record: Readonly<Record<string, One>>, id: string): One | undefined {
  return Object.hasOwn(record, id) ? record[id] : undefined;
}
