/**
 * Bodies of `POST /api/v2/segment-targets/{integration}`. LaunchDarkly reads each integration's requests with that
 * integration's manifest, so a segment that a hosted connector created stays the same only if we send the same body. A
 * request has one cohort. If a body cannot state the context kind, every member is a `user`.
 * https://github.com/launchdarkly/integration-framework/tree/main/integrations (manifest.json, `syncedSegment`)
 */
export type SegmentAudiencesBody = {
  readonly environmentId: string;
  readonly contextKind: string;
  readonly batch: readonly FlaggedMember[];
};

export type AmplitudeBody = { readonly environmentId: string; readonly batch: readonly FlaggedMember[] };

export type FlaggedMember = {
  readonly userId: string;
  readonly cohortName: string;
  readonly cohortId: string;
  readonly value: boolean;
};

export type CensusBody = {
  readonly environment_id: string;
  readonly context_kind: string;
  readonly batch: readonly {
    readonly user_id: string;
    readonly cohort_name: string;
    readonly cohort_id: string;
    readonly value: boolean;
  }[];
};

export type AddAndRemove = { readonly add: readonly Identified[]; readonly remove: readonly Identified[] };
type Identified = { readonly id: string };

type Cohort = {
  readonly environmentId: string;
  readonly contextKind: string;
  readonly cohortId: string;
  readonly cohortName: string;
};

export type RudderStackBody = Cohort & { readonly listData: AddAndRemove };
export type IncludedBody = Cohort & { readonly included: AddAndRemove };

export type HeapBody = {
  readonly parameters: { readonly environment_id: string };
  readonly heap: {
    readonly data: AddAndRemove & { readonly segment: { readonly id: string; readonly name: string } };
  };
};

export type HightouchBody = Cohort & {
  readonly action: "add" | "remove";
  readonly members: readonly { readonly integration_distinct_id: string }[];
};

export type ZeotapBody = {
  readonly action: "add_members" | "remove_members";
  readonly parameters: {
    readonly integration_project_id: string;
    readonly integration_cohort_id: string;
    readonly integration_cohort_name: string;
    readonly members: readonly { readonly integration_distinct_id: string }[];
  };
};

/** The manifest reads `remove_member` as an add, so a removal needs another name. */
export type TealiumBody = {
  readonly action: "add_member" | "remove_members";
  readonly parameters: {
    readonly tealium_project_id: string;
    readonly tealium_cohort_id: string;
    readonly tealium_cohort_name: string;
    readonly members: readonly { readonly member_id: string }[];
  };
};
