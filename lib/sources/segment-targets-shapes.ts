import type { Integration } from "../connections/integrations.ts";
import type { Action } from "../messages/operation.ts";
import { MEMBERS_DIALECTS } from "./members.ts";

/** A path in a body: names, separated by dots. */
type Pointer = string;

/** Where the parts of one integration's `segment-targets` body are. */
export type SegmentTargetsShape = {
  readonly environmentId: Pointer;
  /** Absent when the body cannot state it. */
  readonly contextKind?: Pointer;
  /** The segment's id and name, either of the whole body or of each member. */
  readonly segment: { readonly of: "body" | "member"; readonly id: Pointer; readonly name: Pointer };
  /** The path of the word that says what happens to every member, and the meaning of each word. */
  readonly action?: { readonly at: Pointer; readonly words: ReadonlyMap<string, Action> };
  readonly lists: readonly MemberList[];
  /** The path of the context key within a member. */
  readonly key: Pointer;
};

/** `means` says what a list does with its members: always the same, the body's action, or each member's own flag. */
export type MemberList = {
  readonly at: Pointer;
  readonly means: Action | "action" | { readonly flag: Pointer };
};

const cohort = { of: "body", id: "cohortId", name: "cohortName" } as const;

const flagged: Pick<SegmentTargetsShape, "segment" | "lists" | "key"> = {
  segment: { of: "member", id: "cohortId", name: "cohortName" },
  lists: [{ at: "batch", means: { flag: "value" } }],
  key: "userId",
};

const included: SegmentTargetsShape = {
  environmentId: "environmentId",
  contextKind: "contextKind",
  segment: cohort,
  lists: [
    { at: "included.add", means: "add" },
    { at: "included.remove", means: "remove" },
  ],
  key: "id",
};

/**
 * The bodies of `POST /api/v2/segment-targets/{integration}`, with the paths of LaunchDarkly's manifests. Unlike there, an
 * action that is neither an add nor a removal by its name is unknown.
 * https://github.com/launchdarkly/integration-framework/tree/main/integrations (manifest.json, `syncedSegment`)
 */
export const SEGMENT_TARGETS: Readonly<Record<Integration, SegmentTargetsShape>> = {
  "segment-audiences": { environmentId: "environmentId", contextKind: "contextKind", ...flagged },
  amplitude: { environmentId: "environmentId", ...flagged },
  "census-synced-segments": {
    environmentId: "environment_id",
    contextKind: "context_kind",
    segment: { of: "member", id: "cohort_id", name: "cohort_name" },
    lists: [{ at: "batch", means: { flag: "value" } }],
    key: "user_id",
  },
  rudderstack: {
    environmentId: "environmentId",
    contextKind: "contextKind",
    segment: cohort,
    lists: [
      { at: "listData.add", means: "add" },
      { at: "listData.remove", means: "remove" },
    ],
    key: "id",
  },
  fulcrum: included,
  "sumatra-synced-segments": included,
  "heap-inbound": {
    environmentId: "parameters.environment_id",
    segment: { of: "body", id: "heap.data.segment.id", name: "heap.data.segment.name" },
    lists: [
      { at: "heap.data.add", means: "add" },
      { at: "heap.data.remove", means: "remove" },
    ],
    key: "id",
  },
  hightouch: {
    environmentId: "environmentId",
    contextKind: "contextKind",
    segment: cohort,
    action: {
      at: "action",
      words: new Map([
        ["add", "add"],
        ["remove", "remove"],
      ]),
    },
    lists: [{ at: "members", means: "action" }],
    key: "integration_distinct_id",
  },
  zeotap: {
    environmentId: "parameters.integration_project_id",
    segment: {
      of: "body",
      id: "parameters.integration_cohort_id",
      name: "parameters.integration_cohort_name",
    },
    action: { at: "action", words: MEMBERS_DIALECTS.zeotap.actions },
    lists: [{ at: "parameters.members", means: "action" }],
    key: "integration_distinct_id",
  },
  "tealium-synced-segments": {
    environmentId: "parameters.tealium_project_id",
    segment: { of: "body", id: "parameters.tealium_cohort_id", name: "parameters.tealium_cohort_name" },
    action: { at: "action", words: MEMBERS_DIALECTS.tealium.actions },
    lists: [{ at: "parameters.members", means: "action" }],
    key: "member_id",
  },
};
