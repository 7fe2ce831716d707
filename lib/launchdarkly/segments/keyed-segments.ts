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

/** LaunchDarkly's public API, which writes segments by their key. */
export type KeyedSettings = {
  readonly client: Client;
  readonly project: string;
  readonly environment: string;
  /** Reports why a segment cannot be written and what to do. It is for the log, because the reason names no segment. */
  readonly noteProblem: (problem: string) => void;
};

/** The parts that differ between the kinds of segments. */
export type SegmentKind = KindRules &
  Pick<SegmentWriter, "maxMembers" | "separatesActions"> & {
    /** The method of the request that changes members. */
    readonly method: ApiRequest["method"];
    /** The rest of that request's path, after the segment's own path. */
    readonly suffix: string;
    readonly request: (change: SegmentChange) => Pick<ApiRequest, "body" | "contentType">;
  };

const ROUTE = "/api/v2/segments/{project}/{environment}";
const SEGMENT_ROUTE = `${ROUTE}/{segment}`;

/** The answer for a list segment contains its targets, at most 15,000. An answer that was cut off cannot be parsed. */
const MAX_LOOK_BYTES = 4 * 1024 * 1024;
const DESCRIPTION = "Flagbridge keeps its members in step with an audience.";
const TAGS = ["flagbridge"];

/**
 * Writes segments by their key and creates missing ones; {@link nextStep} decides the order. A 404 may mean the segment, the
 * project or the environment. If reading finds no segment, the writer tries to create it, which succeeds only in an existing
 * environment. So it creates nothing in a wrong place, and the 404 of that attempt reports a wrong place.
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
    inTurn: client.inTurn,
    awaitsProbe: client.awaitsProbe,
    closedUntilMs: () => client.closedUntilMs(changes),
    ready: async (change) => {
      const access = await client.authorize();
      if (access.kind === "secret-unreadable") return secretUnreadable;
      if (access.kind !== "authorized") return access;
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

/** Reading changes nothing, so the segment is unchanged even when a read fails. */
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
