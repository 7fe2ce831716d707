import * as z from "zod";
import { describeProblems } from "../../lib/connections/problems.ts";
import { type ApiRoute, notFound } from "./api-door.ts";
import type { Faults } from "./faults.ts";
import type { KeyedSegment, KeyedSegmentStore, Targets } from "./keyed-segment-store.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";

export type KeyedSandboxConfig = {
  /** The client-side ID behind a project and environment key. */
  readonly environmentOf: (project: string, environment: string) => string | undefined;
  readonly segments: KeyedSegmentStore;
  readonly faults: Faults;
  /** Opens a route, whose requests and answers are counted. */
  readonly route: (route: ApiRoute) => SandboxRoute;
  /** Counts the members of a request that can be read, and those of one that is applied. */
  readonly members: { readonly read: (count: number) => void; readonly applied: (count: number) => void };
};

/** https://launchdarkly.com/docs/home/flags/segment-types */
export const MAX_LIST_TARGETS = 15_000;
/** https://launchdarkly.com/docs/api/segments/patch-segment */
export const MAX_TARGET_OPERATIONS = 1_500;

const text = z.string().min(1, "expected a text that is not empty");
const keys = z.array(text).default([]);
const contextKind = z.string().regex(/^[\w.-]+$/, "expected a context kind");

const creation = z.strictObject({
  key: z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "expected letters, digits, '.', '_' and '-'"),
  name: text,
  description: z.string().default(""),
  tags: z.array(text).default([]),
  unbounded: z.boolean().default(false),
  unboundedContextKind: contextKind.default("user"),
});
const contexts = z.strictObject({
  included: z.strictObject({ add: keys, remove: keys }).default({ add: [], remove: [] }),
});
const instruction = z.strictObject({
  kind: z.enum(["addIncludedTargets", "removeIncludedTargets"]),
  contextKind,
  values: z.array(text),
});
const semanticPatch = z.strictObject({
  comment: z.string().optional(),
  environmentKey: text,
  instructions: z.array(instruction).min(1, "expected at least one instruction"),
});

/** LaunchDarkly's public API for big and list segments, as far as the segment writers use it, and no more lenient. */
export function keyedSegmentRoutes(config: KeyedSandboxConfig): readonly SandboxRoute[] {
  const inEnvironment = "/api/v2/segments/{project}/{environment}";
  const route = (
    method: string,
    path: string,
    apply: (request: SandboxRequest, environmentId: string) => SandboxAnswer,
  ): SandboxRoute =>
    config.route({
      method,
      path,
      apply: (request) => {
        const { project = "", environment = "" } = request.parameters;
        const environmentId = config.environmentOf(project, environment);
        return environmentId === undefined ? notFound : apply(request, environmentId);
      },
    });
  const known =
    (apply: (request: SandboxRequest, environmentId: string, segment: KeyedSegment) => SandboxAnswer) =>
    (request: SandboxRequest, environmentId: string): SandboxAnswer => {
      const segment = config.segments.find(environmentId, request.parameters.segment ?? "");
      return segment ? apply(request, environmentId, segment) : notFound;
    };
  return [
    route("POST", inEnvironment, (request, environmentId) => make(request, environmentId, config)),
    route(
      "GET",
      `${inEnvironment}/{segment}`,
      known((_, environmentId, segment) => shown(200, environmentId, segment, config)),
    ),
    route(
      "PATCH",
      `${inEnvironment}/{segment}`,
      known((request, environmentId, segment) => patch(request, environmentId, segment, config)),
    ),
    route(
      "POST",
      `${inEnvironment}/{segment}/contexts`,
      known((request, environmentId, segment) => targetBig(request, environmentId, segment, config)),
    ),
  ];
}

function make(request: SandboxRequest, environmentId: string, { segments, ...config }: KeyedSandboxConfig) {
  const body = read(request, creation);
  if ("kind" in body) return body;
  const { unbounded, unboundedContextKind, ...rest } = body.data;
  const segment: KeyedSegment = {
    ...rest,
    sort: unbounded ? "big" : "list",
    contextKind: unbounded ? unboundedContextKind : "user",
  };
  if (segments.make(environmentId, segment) === "exists")
    return refusal(409, "conflict", "A segment with that key already exists");
  return shown(201, environmentId, segment, { segments, ...config });
}

function targetBig(
  request: SandboxRequest,
  environmentId: string,
  { key, sort, contextKind: kind }: KeyedSegment,
  config: KeyedSandboxConfig,
): SandboxAnswer {
  const body = read(request, contexts);
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
  const body = read(request, semanticPatch);
  if ("kind" in body) return body;
  const { environmentKey, instructions } = body.data;
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
  const refused = target(environmentId, segment.key, { targets, atMost: MAX_LIST_TARGETS }, config);
  return refused ?? shown(200, environmentId, segment, config);
}

/** Undefined when all of it was applied. */
function target(
  environmentId: string,
  key: string,
  change: { readonly targets: readonly Targets[]; readonly atMost?: number },
  { segments, faults, members }: KeyedSandboxConfig,
): SandboxAnswer | undefined {
  const targeted = change.targets.flatMap((one) => one.keys);
  members.read(targeted.length);
  if (targeted.some((one) => faults.isPoisoned("segments", one)))
    return refusal(400, "invalid_request", "a member of this request is poisoned");
  if (segments.target(environmentId, key, change) === "too-many")
    return refusal(400, "invalid_request", "the segment would have too many targets");
  members.applied(targeted.length);
  return undefined;
}

/** As the API shows a segment: targets of kind `user` apart from the others, and none of a big segment. */
function shown(
  status: number,
  environmentId: string,
  { sort, contextKind: kind, ...segment }: KeyedSegment,
  { segments }: Pick<KeyedSandboxConfig, "segments">,
): SandboxAnswer {
  const members =
    sort === "list" ? segments.membersOf(environmentId, segment.key) : new Map<string, string[]>();
  const others = [...members].filter(([name]) => name !== "user");
  const body = {
    ...segment,
    unbounded: sort === "big",
    unboundedContextKind: kind,
    included: members.get("user") ?? [],
    includedContexts: others.map(([name, values]) => ({ contextKind: name, values })),
  };
  return { kind: "json", status, body };
}

function read<Shape>(
  { headers, body }: SandboxRequest,
  schema: z.ZodType<Shape>,
): { readonly data: Shape } | SandboxAnswer {
  if (!String(headers["content-type"]).startsWith("application/json"))
    return refusal(400, "invalid_request", "expected Content-Type: application/json");
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return refusal(400, "invalid_request", "expected a JSON body");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { data: parsed.data };
  return refusal(400, "invalid_request", describeProblems(parsed.error, value).slice(0, 3).join("; "));
}
