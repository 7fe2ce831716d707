import type { SegmentChange, Unready } from "../../audience/segment-writer.ts";
import { readJson } from "../../json.ts";
import type { Action } from "../../messages/operation.ts";
import { segmentAnswer } from "./wire.ts";

/** The facts that LaunchDarkly returns about an existing segment. */
export type FoundSegment =
  /** Whether an integration manages the segment; then members come only from it. */
  | { readonly kind: "synced"; readonly source: string; readonly contextKind: string }
  | { readonly kind: "big"; readonly contextKind: string }
  /** `included` lists its members, each as `<kind> <key>`. */
  | { readonly kind: "list"; readonly included: ReadonlySet<string>; readonly excluded: number };

/** Reads the answer to a request for a segment; undefined when it is not as documented, or was cut off. */
export function readSegment(body: string): FoundSegment | undefined {
  const { data } = segmentAnswer.safeParse(readJson(body));
  if (!data) return undefined;
  const contextKind = data.unboundedContextKind || "user";
  if (data._external) return { kind: "synced", source: data._external, contextKind };
  if (data.unbounded) return { kind: "big", contextKind };
  const included = targetsOf(data.included, data.includedContexts);
  return { kind: "list", included, excluded: targetsOf(data.excluded, data.excludedContexts).size };
}

/** Returns a list segment's members after a change was applied. */
export function includedAfter(
  included: ReadonlySet<string>,
  { contextKind, members }: SegmentChange,
): ReadonlySet<string> {
  const after = new Set(included);
  for (const { contextKey, action } of members) {
    if (action === "add") after.add(targetOf(contextKind, contextKey));
    else after.delete(targetOf(contextKind, contextKey));
  }
  return after;
}

/** Returns the context keys of a change that are to be added, or removed. */
export function keysWith({ members }: SegmentChange, wanted: Action): string[] {
  return members.flatMap(({ contextKey, action }) => (action === wanted ? [contextKey] : []));
}

type Targets = readonly {
  readonly contextKind?: string | null | undefined;
  readonly values?: readonly string[] | null | undefined;
}[];

function targetsOf(
  users: readonly string[] | null | undefined,
  contexts: Targets | null | undefined,
): ReadonlySet<string> {
  const others = (contexts ?? []).flatMap(({ contextKind, values }) =>
    (values ?? []).map((key) => targetOf(contextKind || "user", key)),
  );
  return new Set([...(users ?? []).map((key) => targetOf("user", key)), ...others]);
}

/** How {@link FoundSegment} names a member of a list segment. A kind has no space, so that the two can be told apart again. */
export function targetOf(contextKind: string, key: string): string {
  return `${contextKind} ${key}`;
}

/** Why a segment cannot accept a change. `problem` describes faults of configuration for the log, because their fate cannot. */
export type Objection = { readonly answer: Unready; readonly problem?: string };

/** Two writers would undo each other's changes. */
export function keptElsewhere(source: string): Objection {
  return {
    answer: { kind: "misconfigured", reason: "segment-is-synced" },
    problem: `it is a synced segment of ${source}; use writer: synced with that integration, or let the source name another segment`,
  };
}
