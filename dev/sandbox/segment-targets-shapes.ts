/** A JSON pointer (RFC 6901) into a request body. */
type Pointer = `/${string}`;

/**
 * How one integration's `segment-targets` body is read. LaunchDarkly has no schema of its own for that route: it reads
 * what these pointers, the partner's published manifest, say.
 */
export type SegmentTargetsShape = {
  readonly environmentId: Pointer;
  /** Without one the integration writes contexts of the kind `user` alone. */
  readonly contextKind?: Pointer;
  readonly cohortId: Pointer;
  readonly cohortName: Pointer;
  readonly members: MembersShape;
};

/**
 * `each`: every member says its cohort and whether it belongs. `two-lists`: one list to add, one to remove.
 * `action`: one list, added when the action matches and removed when it does not, whatever it says.
 */
export type MembersShape =
  | { readonly kind: "each"; readonly list: Pointer; readonly id: string; readonly cohortId: string }
  | { readonly kind: "two-lists"; readonly add: Pointer; readonly remove: Pointer; readonly id: string }
  | {
      readonly kind: "action";
      readonly list: Pointer;
      readonly id: string;
      readonly action: Pointer;
      readonly adds: RegExp;
    };

/** The shape of Fulcrum and Sumatra. */
const includedLists = {
  environmentId: "/environmentId",
  contextKind: "/contextKind",
  cohortId: "/cohortId",
  cohortName: "/cohortName",
  members: { kind: "two-lists", add: "/included/add", remove: "/included/remove", id: "id" },
} satisfies SegmentTargetsShape;

/**
 * The integrations with synced segments, from their manifests:
 * https://github.com/launchdarkly/integration-framework/tree/main/integrations
 *
 * Tealium's `remove_member` is an add: its published matcher takes both words. Who wants a removal sends another one.
 */
export const segmentTargetsShapes: ReadonlyMap<string, SegmentTargetsShape> = new Map<
  string,
  SegmentTargetsShape
>([
  [
    "segment-audiences",
    {
      environmentId: "/environmentId",
      contextKind: "/contextKind",
      cohortId: "/batch/0/cohortId",
      cohortName: "/batch/0/cohortName",
      members: { kind: "each", list: "/batch", id: "userId", cohortId: "cohortId" },
    },
  ],
  [
    "amplitude",
    {
      environmentId: "/environmentId",
      cohortId: "/batch/0/cohortId",
      cohortName: "/batch/0/cohortName",
      members: { kind: "each", list: "/batch", id: "userId", cohortId: "cohortId" },
    },
  ],
  [
    "census-synced-segments",
    {
      environmentId: "/environment_id",
      contextKind: "/context_kind",
      cohortId: "/batch/0/cohort_id",
      cohortName: "/batch/0/cohort_name",
      members: { kind: "each", list: "/batch", id: "user_id", cohortId: "cohort_id" },
    },
  ],
  [
    "rudderstack",
    {
      environmentId: "/environmentId",
      contextKind: "/contextKind",
      cohortId: "/cohortId",
      cohortName: "/cohortName",
      members: { kind: "two-lists", add: "/listData/add", remove: "/listData/remove", id: "id" },
    },
  ],
  ["fulcrum", includedLists],
  ["sumatra-synced-segments", includedLists],
  [
    "heap-inbound",
    {
      environmentId: "/parameters/environment_id",
      cohortId: "/heap/data/segment/id",
      cohortName: "/heap/data/segment/name",
      members: { kind: "two-lists", add: "/heap/data/add", remove: "/heap/data/remove", id: "id" },
    },
  ],
  [
    "hightouch",
    {
      environmentId: "/environmentId",
      contextKind: "/contextKind",
      cohortId: "/cohortId",
      cohortName: "/cohortName",
      members: {
        kind: "action",
        list: "/members",
        id: "integration_distinct_id",
        action: "/action",
        adds: /^add$/,
      },
    },
  ],
  [
    "zeotap",
    {
      environmentId: "/parameters/integration_project_id",
      cohortId: "/parameters/integration_cohort_id",
      cohortName: "/parameters/integration_cohort_name",
      members: {
        kind: "action",
        list: "/parameters/members",
        id: "integration_distinct_id",
        action: "/action",
        adds: /^(members|add_members)$/,
      },
    },
  ],
  [
    "tealium-synced-segments",
    {
      environmentId: "/parameters/tealium_project_id",
      cohortId: "/parameters/tealium_cohort_id",
      cohortName: "/parameters/tealium_cohort_name",
      members: {
        kind: "action",
        list: "/parameters/members",
        id: "member_id",
        action: "/action",
        adds: /^(add_member|remove_member)$/,
      },
    },
  ],
]);
