import * as z from "zod/mini";
import { readJson } from "../../json.ts";
import type { Client } from "../client.ts";
import { targetOf } from "../segments/found-segment.ts";
import { SEGMENT_MEANINGS } from "../segments/outcome.ts";
import { type EnvironmentKeys, rememberedKeys } from "./environment-keys.ts";
import { type EvaluatedSegment, evaluateContext } from "./evaluate.ts";
import { type Found, findSegment, meantOf, segmentsPath } from "./find-segment.ts";
import { type Patience, patientCall, reasonOf } from "./patient-call.ts";
import type { SegmentPlace } from "./places.ts";

export type Context = { readonly kind: string; readonly key: string };

/**
 * Whether a context is a member, as LaunchDarkly says, and what said so: `targets` of a list segment, `context`
 * (`GET …/contexts/{key}`), `evaluate` (`segments/evaluate`), `missing-segment`, `other-context-kind`; of null why nobody knows.
 */
export type Membership =
  | { readonly member: boolean; readonly how: MembershipHow }
  | { readonly member: null; readonly how: string };

export type MembershipHow = "targets" | "context" | "evaluate" | "missing-segment" | "other-context-kind";

/** A segment that has been looked at, to be asked for members. */
export type LookedSegment = {
  readonly found: Found;
  /** No request for a list segment, one for any other, and a second where the first is refused. */
  readonly memberOf: (context: Context) => Promise<Membership>;
  /**
   * The keys of all members of a big or synced segment, by an export: as of some moment of the call. Undefined where LaunchDarkly
   * makes none, or the token may not.
   */
  readonly exported: () => Promise<ReadonlySet<string> | undefined>;
};

/** Asks LaunchDarkly for the keys of all members of a segment, by the segment's key. */
export type ExportKeys = (
  segmentKey: string,
  ports: { readonly client: Client; readonly keys: EnvironmentKeys; readonly patience: Patience },
) => Promise<ReadonlySet<string> | undefined>;

export type LookAtSegment = (place: SegmentPlace) => Promise<LookedSegment>;

/** Opens the way to LaunchDarkly's word on who is in a segment. Keys of environments are looked up once. */
export function openMembership({
  clientOf,
  patience,
  exportKeys,
}: {
  readonly clientOf: (environment: string) => Client;
  readonly patience: Patience;
  /** Absent: nobody asks for an export. */
  readonly exportKeys?: ExportKeys | undefined;
}): LookAtSegment {
  const keysOf = rememberedKeys({ clientOf, patience });
  return async (place) => {
    const client = clientOf(place.environment);
    const keys = await keysOf(place.environment, place.settings);
    if ("why" in keys) return unlooked(keys.why);
    const ports = { client, keys, patience };
    const found = await findSegment(place, ports);
    return {
      found,
      memberOf: (context) => memberOf(context, found, { place, ...ports }),
      exported: async () =>
        found.kind === "found" && found.segment.kind !== "list" ? exportKeys?.(found.key, ports) : undefined,
    };
  };
}

/** A segment of which nobody knows anything, for one reason. */
export function unlooked(why: string): LookedSegment {
  return {
    found: { kind: "unknown", why },
    memberOf: async () => ({ member: null, how: why }),
    exported: async () => undefined,
  };
}

type AskPorts = {
  readonly place: SegmentPlace;
  readonly client: Client;
  readonly keys: EnvironmentKeys;
  readonly patience: Patience;
};

async function memberOf(context: Context, found: Found, ports: AskPorts): Promise<Membership> {
  switch (found.kind) {
    case "missing":
      return { member: false, how: "missing-segment" };
    case "unknown":
      return evaluated(
        context,
        { why: found.why, ofSegment: (items) => keyAmong(items, ports.place) },
        ports,
      );
    case "found":
      switch (found.segment.kind) {
        case "list":
          return { member: found.segment.included.has(targetOf(context.kind, context.key)), how: "targets" };
        case "big":
        case "synced":
          // The route names no kind: it would answer for the context of the segment's own kind that has the same key.
          if (found.segment.contextKind !== context.kind) return { member: false, how: "other-context-kind" };
          return targeted(context, found.key, ports);
      }
  }
}

/** https://launchdarkly.com/docs/api/segments/get-segment-membership-for-context */
const target = z.object({ included: z.boolean() });

async function targeted(context: Context, segmentKey: string, ports: AskPorts): Promise<Membership> {
  const { client, keys, patience } = ports;
  const request = {
    method: "GET" as const,
    route: "/api/v2/segments/{project}/{environment}/{segment}/contexts/{context}",
    path: `${segmentsPath(keys)}/${encodeURIComponent(segmentKey)}/contexts/${encodeURIComponent(context.key)}`,
  };
  const outcome = await patientCall(() => client.call(request, SEGMENT_MEANINGS), patience);
  if (outcome.kind !== "taken")
    return evaluated(context, { why: reasonOf(outcome), ofSegment: () => segmentKey }, ports);
  const { data } = z.safeParse(target, readJson(outcome.body));
  return data ? { member: data.included, how: "context" } : { member: null, how: "answer-unreadable" };
}

/**
 * Asks the whole environment, where the segment itself could not be asked: `why` is the answer when this does not help either.
 * `ofSegment` gives the segment's key among those of the environment.
 */
async function evaluated(
  context: Context,
  {
    why,
    ofSegment,
  }: {
    readonly why: string;
    readonly ofSegment: (items: readonly EvaluatedSegment[]) => string | undefined;
  },
  ports: AskPorts,
): Promise<Membership> {
  const items = await evaluateContext(context, ports);
  const segmentKey = items && ofSegment(items);
  const own = items?.find(({ key }) => key === segmentKey);
  return own ? { member: own.isIndividuallyTargeted, how: "evaluate" } : { member: null, how: why };
}

/** A similar segment must not speak for one that could not be found: see `meantOf`. */
function keyAmong(items: readonly EvaluatedSegment[], { segment }: SegmentPlace): string | undefined {
  if (segment.writer !== "synced") return segment.id;
  const own = items.filter(({ external }) => external === segment.integration);
  const meant = meantOf(
    own.map(({ key, name }) => ({ key, name: name ?? "" })),
    segment,
  );
  return meant.kind === "one" ? meant.key : undefined;
}
