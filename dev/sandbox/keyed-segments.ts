import type { AccountSettings, Right } from "./account-settings.ts";
import { type ApiRoute, notFound } from "./api-door.ts";
import type { Faults } from "./faults.ts";
import { contexts, creation, readBodyAs, semanticPatch } from "./keyed-segment-bodies.ts";
import type { KeyedSegment, Targets } from "./keyed-segment-store.ts";
import type { PublicSegment } from "./public-segments.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import type { NoteSegmentChange } from "./segment-changes.ts";
import { membersAfter } from "./segment-dry-run.ts";
import { placeOf } from "./segment-reads.ts";
import type { SegmentStore } from "./segment-store.ts";
import { segmentView } from "./segment-view.ts";

export type KeyedSandboxConfig = {
  /** The client-side ID behind a project and environment key. */
  readonly environmentOf: (project: string, environment: string) => string | undefined;
  readonly segments: Pick<SegmentStore, "keyed" | "public">;
  readonly noteChange: NoteSegmentChange;
  readonly faults: Faults;
  /** Without it, nothing stands in the way. */
  readonly settings?: AccountSettings;
  /** Opens a route, whose requests and answers are counted. */
  readonly route: (route: ApiRoute) => SandboxRoute;
  /** Counts the members of a request that can be read, and those of one that is applied. */
  readonly members: { readonly read: (count: number) => void; readonly applied: (count: number) => void };
};

/** https://launchdarkly.com/docs/home/flags/segment-types */
export const MAX_LIST_TARGETS = 15_000;
/** https://launchdarkly.com/docs/api/segments/patch-segment */
export const MAX_TARGET_OPERATIONS = 1_500;

/** How LaunchDarkly's public API makes and changes big and list segments, as far as the segment writers use it, and no more lenient. */
export function keyedSegmentRoutes(config: KeyedSandboxConfig): readonly SandboxRoute[] {
  const inEnvironment = "/api/v2/segments/{project}/{environment}";
  const route = (
    method: string,
    path: string,
    right: Right,
    apply: (request: SandboxRequest, environmentId: string) => SandboxAnswer,
  ): SandboxRoute =>
    config.route({
      method,
      path,
      right,
      apply: (request) => {
        const { project = "", environment = "" } = request.parameters;
        const environmentId = config.environmentOf(project, environment);
        return environmentId === undefined ? notFound : apply(request, environmentId);
      },
    });
  const known =
    (apply: (request: SandboxRequest, environmentId: string, segment: KeyedSegment) => SandboxAnswer) =>
    (request: SandboxRequest, environmentId: string): SandboxAnswer => {
      const key = request.parameters.segment ?? "";
      const segment = config.segments.keyed.find(environmentId, key);
      if (segment) return apply(request, environmentId, segment);
      return config.segments.public.find(environmentId, key) ? syncedIsNotEdited : notFound;
    };
  return [
    route("POST", inEnvironment, "createSegment", (request, environmentId) =>
      make(request, environmentId, config),
    ),
    route(
      "PATCH",
      `${inEnvironment}/{segment}`,
      "updateIncluded",
      known((request, environmentId, segment) => patch(request, environmentId, segment, config)),
    ),
    route(
      "POST",
      `${inEnvironment}/{segment}/contexts`,
      "updateIncluded",
      known((request, environmentId, segment) => targetBig(request, environmentId, segment, config)),
    ),
  ];
}

const syncedIsNotEdited = refusal(400, "invalid_request", "this segment is changed by its integration alone");

function make(request: SandboxRequest, environmentId: string, config: KeyedSandboxConfig): SandboxAnswer {
  const body = readBodyAs(request, creation);
  if ("kind" in body) return body;
  const { unbounded, unboundedContextKind, ...rest } = body.data;
  const segment: KeyedSegment = {
    ...rest,
    sort: unbounded ? "big" : "list",
    contextKind: unbounded ? unboundedContextKind : "user",
  };
  const { keyed, public: segments } = config.segments;
  if (segments.find(environmentId, segment.key) || keyed.make(environmentId, segment) === "exists")
    return refusal(409, "conflict", "A segment with that key already exists");
  const after = segments.find(environmentId, segment.key);
  if (after) config.noteChange({ action: "createSegment", after });
  return shown(201, request, after, config);
}

function targetBig(
  request: SandboxRequest,
  environmentId: string,
  { key, sort, contextKind: kind }: KeyedSegment,
  config: KeyedSandboxConfig,
): SandboxAnswer {
  const body = readBodyAs(request, contexts);
  if ("kind" in body) return body;
  if (sort !== "big")
    return refusal(400, "invalid_request", "this operation does not support standard segments");
  const { add, remove } = body.data.included;
  const targets: Targets[] = [
    { contextKind: kind, action: "add", keys: add },
    { contextKind: kind, action: "remove", keys: remove },
  ];
  return target(environmentId, key, { targets }, config) ?? { kind: "empty", status: 204 };
}

function patch(
  request: SandboxRequest,
  environmentId: string,
  segment: KeyedSegment,
  config: KeyedSandboxConfig,
): SandboxAnswer {
  if (!/;\s*domain-model=launchdarkly\.semanticpatch\s*(;|$)/.test(String(request.headers["content-type"])))
    return refusal(400, "invalid_request", "expected a semantic patch: Content-Type with its domain-model");
  const body = readBodyAs(request, semanticPatch);
  if ("kind" in body) return body;
  const { environmentKey, instructions, comment } = body.data;
  if (environmentKey !== request.parameters.environment)
    return refusal(400, "invalid_request", "environmentKey: expected that of the path");
  if (segment.sort !== "list")
    return refusal(400, "invalid_request", "these instructions do not support big segments");
  if (instructions.reduce((sum, { values }) => sum + values.length, 0) > MAX_TARGET_OPERATIONS)
    return refusal(400, "invalid_request", `expected at most ${MAX_TARGET_OPERATIONS} target operations`);
  const targets = instructions.map(
    (one): Targets => ({
      contextKind: one.contextKind,
      action: one.kind === "addIncludedTargets" ? "add" : "remove",
      keys: one.values,
    }),
  );
  // A segment is made all the same: only changes of targets wait for people.
  // https://github.com/launchdarkly/terraform-provider-launchdarkly/pull/463
  const { project = "", environment = "" } = request.parameters;
  if (config.settings?.wantsApproval(project, environment))
    return refusal(403, "forbidden", "approval is required");
  const found = config.segments.public.find(environmentId, segment.key);
  if (request.query.get("dryRun") === "true") return tried(request, found, targets, config);
  const change = { targets, atMost: MAX_LIST_TARGETS, comment };
  const refused = target(environmentId, segment.key, change, config);
  return refused ?? shown(200, request, config.segments.public.find(environmentId, segment.key), config);
}

/** Answers as the patch would, and changes nothing. https://launchdarkly.com/docs/api/segments/patch-segment */
function tried(
  request: SandboxRequest,
  segment: PublicSegment | undefined,
  targets: readonly Targets[],
  { segments, faults }: KeyedSandboxConfig,
): SandboxAnswer {
  if (!segment) return notFound;
  if (hasPoisoned(targets, faults)) return poisoned;
  const { members, changes } = membersAfter(segments.public.targetsOf(segment), targets);
  const count = [...members.values()].reduce((sum, keys) => sum + keys.length, 0);
  if (count > MAX_LIST_TARGETS) return tooMany;
  const after = { ...segment, version: segment.version + (changes > 0 ? 1 : 0) };
  return { kind: "json", status: 200, body: segmentView(after, placeOf(request), members) };
}

function hasPoisoned(targets: readonly Targets[], faults: Faults): boolean {
  return targets.some(({ keys }) => keys.some((key) => faults.isPoisoned("segments", key)));
}

const poisoned = refusal(400, "invalid_request", "a member of this request is poisoned");
const tooMany = refusal(400, "invalid_request", "the segment would have too many targets");

/** Undefined when all of it was applied. */
function target(
  environmentId: string,
  key: string,
  change: {
    readonly targets: readonly Targets[];
    readonly atMost?: number;
    readonly comment?: string | undefined;
  },
  { segments, faults, members, noteChange }: KeyedSandboxConfig,
): SandboxAnswer | undefined {
  const targeted = change.targets.reduce((sum, { keys }) => sum + keys.length, 0);
  members.read(targeted);
  if (hasPoisoned(change.targets, faults)) return poisoned;
  const before = segments.public.find(environmentId, key);
  const changed = segments.keyed.target(environmentId, key, change);
  if (changed === "too-many") return tooMany;
  members.applied(targeted);
  const after = segments.public.find(environmentId, key);
  if (before && after && changed.added + changed.removed > 0)
    noteChange({ action: "updateIncluded", before, after, members: changed, comment: change.comment });
  return undefined;
}

function shown(
  status: number,
  request: SandboxRequest,
  segment: PublicSegment | undefined,
  { segments }: Pick<KeyedSandboxConfig, "segments">,
): SandboxAnswer {
  if (!segment) return notFound;
  const body = segmentView(segment, placeOf(request), segments.public.targetsOf(segment));
  return { kind: "json", status, body };
}
