import type { SegmentChange, SegmentWriter, Unready } from "../../audience/segment-writer.ts";
import { noEvidence } from "../../delivery/isolate.ts";
import type { CallOutcome } from "../../http/destination-call.ts";
import type { ApiRequest, Client } from "../client.ts";
import { readSegment } from "./found-segment.ts";
import {
  afterMaking,
  afterWriting,
  type KindRules,
  type Knowledge,
  NOTHING,
  nextStep,
  type Seen,
  stepKnowing,
} from "./keyed-step.ts";
import { SEGMENT_MEANINGS, secretUnreadable } from "./outcome.ts";
import { segmentKeyOf } from "./segment-key.ts";
import type { SegmentBody } from "./wire.ts";

/** Where segments are written by their key: LaunchDarkly's public API. */
export type KeyedSettings = {
  readonly client: Client;
  readonly project: string;
  readonly environment: string;
  /** Why a segment cannot be written, and what to do: for the log, as the reason alone names no segment. */
  readonly noteProblem: (problem: string) => void;
};

/** What one kind of segment has of its own. */
export type SegmentKind = KindRules &
  Pick<SegmentWriter, "maxMembers" | "separatesActions"> & {
    /** The method of the request that changes members. */
    readonly method: ApiRequest["method"];
    /** What that request has behind the segment's own path. */
    readonly suffix: string;
    readonly request: (change: SegmentChange) => Pick<ApiRequest, "body" | "contentType">;
  };

const ROUTE = "/api/v2/segments/{project}/{environment}";
const SEGMENT_ROUTE = `${ROUTE}/{segment}`;

/** A list segment is answered with its targets, at most 15,000. What is cut off cannot be read. */
const MAX_LOOK_BYTES = 4 * 1024 * 1024;
const DESCRIPTION = "Flagbridge keeps its members in step with an audience.";
const TAGS = ["flagbridge"];

/**
 * Writes segments by their key, and makes those that are missing: {@link nextStep} has the order. A 404 may mean the
 * segment, the project or the environment: a look that finds no segment is followed by the attempt to make it, which
 * nothing but an existing environment can answer with success. So nothing is made in a wrong place, and a wrong place is
 * told by that 404.
 */
export function keyedSegments(settings: KeyedSettings, kind: SegmentKind): SegmentWriter {
  const { client, project, environment, noteProblem } = settings;
  const environmentPath = `/api/v2/segments/${encodeURIComponent(project)}/${encodeURIComponent(environment)}`;
  const changes = { method: kind.method, route: `${SEGMENT_ROUTE}${kind.suffix}` };
  const knowledge = new Map<string, Knowledge>();

  const look = async (key: string, call: Client["call"]): Promise<Seen | Unready> => {
    const path = `${environmentPath}/${encodeURIComponent(key)}`;
    const request: ApiRequest = {
      method: "GET",
      route: SEGMENT_ROUTE,
      path,
      maxAnswerBytes: MAX_LOOK_BYTES,
    };
    const outcome = await call(request, SEGMENT_MEANINGS);
    if (outcome.kind === "misconfigured" && outcome.status === 404) return { kind: "missing" };
    if (outcome.kind !== "taken") return notSeen(outcome);
    const found = readSegment(outcome.body);
    return found ? { kind: "present", found } : { kind: "unreadable" };
  };

  const make = async (key: string, change: SegmentChange, call: Client["call"]) => {
    const made = kind.made(change.contextKind);
    const body: SegmentBody = {
      key,
      name: change.segment.name,
      description: DESCRIPTION,
      tags: TAGS,
      unbounded: made.kind === "big",
      ...(made.kind === "big" && { unboundedContextKind: made.contextKind }),
    };
    const outcome = await call(
      { method: "POST", path: environmentPath, route: ROUTE, body },
      SEGMENT_MEANINGS,
    );
    return learn(key, afterMaking(known(key), change, outcome, kind));
  };

  const write = async (key: string, change: SegmentChange, call: Client["call"]) => {
    const path = `${environmentPath}/${encodeURIComponent(key)}${kind.suffix}`;
    const request = { ...kind.request(change), ...changes, path };
    return learn(key, afterWriting(known(key), change, await call(request, SEGMENT_MEANINGS), kind));
  };

  const known = (key: string): Knowledge => knowledge.get(key) ?? NOTHING;
  const learn = (key: string, after: ReturnType<typeof afterWriting>) => {
    knowledge.set(key, after.known);
    return after.answer;
  };
  const note = (key: string, problem: string | undefined): void => {
    if (problem !== undefined) noteProblem(`segment "${key}" of ${project}/${environment}: ${problem}`);
  };

  return {
    maxMembers: kind.maxMembers,
    separatesActions: kind.separatesActions,
    evidence: noEvidence(),
    closed: client.closed,
    closedUntilMs: () => client.closedUntilMs(changes),
    ready: async (change) => {
      const access = await client.authorize();
      if (access.kind !== "authorized") return access.kind === "closed" ? access : secretUnreadable;
      const key = segmentKeyOf(change.segment.id);
      const before = known(key);
      let step = nextStep(before, change, kind);
      if (step.kind === "look") {
        const seen = await look(key, access.call);
        if (!isSeen(seen)) return seen;
        knowledge.set(key, seen);
        step = stepKnowing(seen, change, kind, before.kind === "in-question" ? before : undefined);
      }
      switch (step.kind) {
        case "make":
          return { kind: "ready", send: () => make(key, change, access.call) };
        case "write":
          return { kind: "ready", send: () => write(key, change, access.call) };
        case "stop":
          note(key, step.problem);
          return step.answer;
      }
    },
  };
}

function isSeen(seen: Seen | Unready): seen is Seen {
  return seen.kind === "missing" || seen.kind === "present" || seen.kind === "unreadable";
}

/** A look changes nothing, so whatever became of it, the segment is as it was. */
function notSeen(outcome: Exclude<CallOutcome, { readonly kind: "taken" }>): Unready {
  switch (outcome.kind) {
    case "unanswered":
      return { kind: "unsent", reason: outcome.reason };
    case "gave-up":
    case "failed":
      return { kind: "unsent", reason: `launchdarkly-${outcome.status}` };
    case "refused":
    case "misconfigured":
      return { kind: "misconfigured", reason: `launchdarkly-${outcome.status}` };
    case "limited":
      return { kind: "limited", notBeforeMs: outcome.untilMs };
    case "unsent":
    case "closed":
      return outcome;
    case "credential-replaced":
      return { kind: "unsent", reason: "token-rotated" };
    case "secret-unreadable":
      return secretUnreadable;
  }
}
