import type { Client } from "../client.ts";
import type { NamedSegment } from "../segments/ledger-name.ts";
import { segmentKeyOf } from "../segments/segment-key.ts";
import { rememberedKeys } from "./environment-keys.ts";
import { type EvaluatedSegment, evaluateContext } from "./evaluate.ts";
import { usualKeyOf } from "./find-segment.ts";
import type { Context } from "./membership.ts";
import type { Patience } from "./patient-call.ts";
import type { SegmentPlace } from "./places.ts";

/** Whether a context is a member of a segment; undefined of one that LaunchDarkly has not, or not under its usual key. */
export type SaysOfSegment = (segment: NamedSegment) => boolean | undefined;

/** Asks an environment once for all of its segments. Undefined where LaunchDarkly does not say. */
export type AskEnvironment = (
  environment: Pick<SegmentPlace, "environment" | "settings">,
  context: Context,
) => Promise<SaysOfSegment | undefined>;

/** Opens the way to one answer for thousands of segments, each of which would take two requests. */
export function openEnvironmentMembers({
  clientOf,
  patience,
}: {
  readonly clientOf: (environment: string) => Client;
  readonly patience: Patience;
}): AskEnvironment {
  const keysOf = rememberedKeys({ clientOf, patience });
  return async ({ environment, settings }, context) => {
    const keys = await keysOf(environment, settings);
    if ("why" in keys) return undefined;
    const items = await evaluateContext(context, { client: clientOf(environment), keys, patience });
    return items && saysOf(items);
  };
}

/** A search through all of them for each segment would take minutes where there are ten thousands. */
function saysOf(items: readonly EvaluatedSegment[]): SaysOfSegment {
  const members = new Map(
    items.map(({ key, external, isIndividuallyTargeted }) => [
      JSON.stringify([external ?? "", key]),
      isIndividuallyTargeted,
    ]),
  );
  return (segment) => {
    if (segment.writer !== "synced") return members.get(JSON.stringify(["", segment.id]));
    const { integration, id } = segment;
    const [member, ...others] = [...new Set([id, segmentKeyOf(id)])].flatMap(
      (one) => members.get(JSON.stringify([integration, usualKeyOf({ integration, id: one })])) ?? [],
    );
    return others.length > 0 ? undefined : member;
  };
}
