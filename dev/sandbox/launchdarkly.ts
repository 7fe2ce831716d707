import { describeProblems } from "../../lib/connections/problems.ts";
import { readJson } from "../../lib/json.ts";
import { type ApiDoorConfig, type ApiRoute, apiDoor, forbidden } from "./api-door.ts";
import type { EventStore } from "./event-store.ts";
import { eventRoutes } from "./events.ts";
import { faultsBody } from "./faults.ts";
import { keyedSegmentRoutes } from "./keyed-segments.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import { type NoteSegmentChange, syncedChanges } from "./segment-changes.ts";
import { segmentEvaluationRoute } from "./segment-evaluation.ts";
import { segmentExportRoutes } from "./segment-exports.ts";
import { segmentReadRoutes } from "./segment-reads.ts";
import type { SegmentStore } from "./segment-store.ts";
import { readSegmentTargets, type SegmentTargets } from "./segment-targets-body.ts";
import { segmentTargetsShapes } from "./segment-targets-shapes.ts";

export type LaunchDarklySandboxConfig = ApiDoorConfig & {
  readonly clientSideIds: ReadonlySet<string>;
  /** The client-side ID behind a project and environment key. */
  readonly environmentOf: (project: string, environment: string) => string | undefined;
  readonly segments: SegmentStore;
  /** Told of every change of a segment; absent where nobody keeps a log of them. */
  readonly noteChange?: NoteSegmentChange;
  readonly events: EventStore;
};

/**
 * LaunchDarkly's segment and event routes on this machine, with state that can be read and faults that can be ordered.
 * https://launchdarkly.com/docs/guides/integrations/build-synced-segments
 */
export function launchdarklyRoutes(config: LaunchDarklySandboxConfig): readonly SandboxRoute[] {
  const { faults, segments, noteChange = () => undefined } = config;
  const counters = { requests: 0, members: 0, largest: 0, answers: new Map<string, number>() };

  const count = (answer: SandboxAnswer): SandboxAnswer => {
    const name = answer.kind === "reset" ? "none" : String(answer.status);
    counters.answers.set(name, (counters.answers.get(name) ?? 0) + 1);
    return answer;
  };

  const counted =
    (answer: SandboxRoute["answer"]): SandboxRoute["answer"] =>
    async (request) => {
      counters.requests += 1;
      return count(await answer(request));
    };
  const members = {
    read: (some: number): void => {
      counters.largest = Math.max(counters.largest, some);
    },
    applied: (some: number): void => {
      counters.members += some;
    },
  };

  const apply = ({ parameters, body }: SandboxRequest): SandboxAnswer => {
    const { integration = "" } = parameters;
    const shape = segmentTargetsShapes.get(integration);
    if (!shape) return refusal(404, "not_found", "Invalid resource identifier: no such integration");
    const json = readJson(body);
    if (json === undefined) return refusal(400, "invalid_request", "expected a JSON body");
    const reading = readSegmentTargets(shape, json);
    if (!reading.ok) return refusal(400, "invalid_request", reading.message);
    members.read(reading.targets.changes.length);
    return applyTargets(integration, reading.targets);
  };

  const applyTargets = (integration: string, targets: SegmentTargets): SandboxAnswer => {
    if (!config.clientSideIds.has(targets.environmentId)) {
      return refusal(404, "not_found", "Invalid resource identifier: no environment has this client-side ID");
    }
    if (targets.changes.some(({ key }) => faults.isPoisoned("segments", key))) {
      return refusal(400, "invalid_request", "a member of this request is poisoned");
    }
    const { environmentId, cohortId } = targets;
    const look = () => segments.public.findSynced(environmentId, integration, cohortId);
    const before = look();
    if (!before && config.settings?.isDenied("createSegment")) return forbidden;
    const changed = segments.apply(integration, targets);
    if (changed === "other-context-kind") {
      return refusal(400, "invalid_request", "the segment holds contexts of another kind");
    }
    members.applied(targets.changes.length);
    const after = look();
    if (after) for (const change of syncedChanges({ before, after, changed })) noteChange(change);
    return { kind: "empty", status: 204 };
  };

  const addFaults = ({ body }: SandboxRequest): SandboxAnswer => {
    const value = readJson(body);
    const parsed = faultsBody.safeParse(value);
    if (!parsed.success)
      return refusal(400, "invalid_request", describeProblems(parsed.error, value).join("; "));
    faults.add(parsed.data.faults);
    return json({ faults: faults.list() });
  };

  const route = apiDoor("segments", config);
  const countedRoute = (one: ApiRoute): SandboxRoute => {
    const { answer, ...rest } = route(one);
    return { ...rest, answer: counted(answer) };
  };
  const base = "/sandbox/launchdarkly";
  return [
    ...eventRoutes(config),
    countedRoute({
      method: "POST",
      path: "/api/v2/segment-targets/{integration}",
      right: "updateIncluded",
      apply,
    }),
    ...keyedSegmentRoutes({ ...config, noteChange, route: countedRoute, members }),
    ...segmentExportRoutes({ ...config, segments: segments.public, route, now: Date.now }),
    segmentEvaluationRoute({ ...config, segments: segments.public, route }),
    ...segmentReadRoutes({ ...config, segments: segments.public, noteChange, route: countedRoute }),
    { method: "GET", path: `${base}/segments`, answer: () => json({ segments: segments.list() }) },
    {
      method: "GET",
      path: `${base}/requests`,
      answer: () => json({ ...counters, answers: Object.fromEntries(counters.answers) }),
    },
    { method: "GET", path: `${base}/faults`, answer: () => json({ faults: faults.list() }) },
    { method: "POST", path: `${base}/faults`, answer: addFaults },
    {
      method: "DELETE",
      path: `${base}/faults`,
      answer: () => {
        faults.clear();
        return json({ faults: [] });
      },
    },
  ];
}

function json(body: unknown): SandboxAnswer {
  return { kind: "json", status: 200, body };
}
