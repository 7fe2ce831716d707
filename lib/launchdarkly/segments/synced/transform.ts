import type { SegmentChange } from "../../../audience/segment-writer.ts";
import type { Integration } from "../../../connections/integrations.ts";
import type { Action } from "../../../messages/operation.ts";
import type * as wire from "./wire.ts";

/** How one integration writes a change. `separatesActions`: its body has one action, add or remove, for all members. */
export type Shape = {
  readonly separatesActions: boolean;
  readonly body: (environmentId: string, change: SegmentChange) => object;
};

/** Every integration key whose body Flagbridge writes. */
export const SHAPES = {
  "segment-audiences": {
    separatesActions: false,
    body: (environmentId, change): wire.SegmentAudiencesBody => ({
      environmentId,
      contextKind: change.contextKind,
      batch: flagged(change),
    }),
  },
  amplitude: {
    separatesActions: false,
    body: (environmentId, change): wire.AmplitudeBody => ({ environmentId, batch: flagged(change) }),
  },
  "census-synced-segments": {
    separatesActions: false,
    body: (environmentId, { segment, contextKind, members }): wire.CensusBody => ({
      environment_id: environmentId,
      context_kind: contextKind,
      batch: members.map(({ contextKey, action }) => ({
        user_id: contextKey,
        cohort_name: segment.name,
        cohort_id: segment.id,
        value: action === "add",
      })),
    }),
  },
  rudderstack: {
    separatesActions: false,
    body: (environmentId, change): wire.RudderStackBody => ({
      ...cohort(environmentId, change),
      listData: addAndRemove(change),
    }),
  },
  fulcrum: { separatesActions: false, body: included },
  "sumatra-synced-segments": { separatesActions: false, body: included },
  "heap-inbound": {
    separatesActions: false,
    body: (environmentId, change): wire.HeapBody => ({
      parameters: { environment_id: environmentId },
      heap: { data: { segment: change.segment, ...addAndRemove(change) } },
    }),
  },
  hightouch: {
    separatesActions: true,
    body: (environmentId, change): wire.HightouchBody => ({
      ...cohort(environmentId, change),
      action: actionOf(change),
      members: distinctIds(change),
    }),
  },
  zeotap: {
    separatesActions: true,
    body: (environmentId, change): wire.ZeotapBody => ({
      action: actionOf(change) === "add" ? "add_members" : "remove_members",
      parameters: {
        integration_project_id: environmentId,
        integration_cohort_id: change.segment.id,
        integration_cohort_name: change.segment.name,
        members: distinctIds(change),
      },
    }),
  },
  "tealium-synced-segments": {
    separatesActions: true,
    body: (environmentId, change): wire.TealiumBody => ({
      action: actionOf(change) === "add" ? "add_member" : "remove_members",
      parameters: {
        tealium_project_id: environmentId,
        tealium_cohort_id: change.segment.id,
        tealium_cohort_name: change.segment.name,
        members: change.members.map(({ contextKey }) => ({ member_id: contextKey })),
      },
    }),
  },
} satisfies Record<Integration, Shape>;

function flagged({ segment, members }: SegmentChange): wire.FlaggedMember[] {
  return members.map(({ contextKey, action }) => ({
    userId: contextKey,
    cohortName: segment.name,
    cohortId: segment.id,
    value: action === "add",
  }));
}

function included(environmentId: string, change: SegmentChange): wire.IncludedBody {
  return { ...cohort(environmentId, change), included: addAndRemove(change) };
}

function cohort(environmentId: string, { segment, contextKind }: SegmentChange) {
  return { environmentId, contextKind, cohortId: segment.id, cohortName: segment.name };
}

function addAndRemove({ members }: SegmentChange): wire.AddAndRemove {
  const idsOf = (wanted: Action) =>
    members.flatMap(({ contextKey, action }) => (action === wanted ? [{ id: contextKey }] : []));
  return { add: idsOf("add"), remove: idsOf("remove") };
}

function distinctIds({ members }: SegmentChange) {
  return members.map(({ contextKey }) => ({ integration_distinct_id: contextKey }));
}

/** Returns the action of a change whose members all have the same one, which the writer's `separatesActions` ensures. */
function actionOf({ members }: SegmentChange): Action {
  const [first] = members;
  if (!first || members.some(({ action }) => action !== first.action)) {
    throw new RangeError(
      "This integration's request says add or remove for all members at once, and they differ",
    );
  }
  return first.action;
}
