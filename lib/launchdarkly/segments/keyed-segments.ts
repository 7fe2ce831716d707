import type {
  Ready,
  SegmentChange,
  SegmentWriter,
  Unready,
  WriteAnswer,
} from "../../audience/segment-writer.ts";
import { noEvidence, type Refusal } from "../../delivery/isolate.ts";
import type { ApiPorts, ApiSettings } from "../rest-api.ts";
import { type ApiAnswer, type ApiRequest, openApi } from "./api.ts";
import { type FoundSegment, readSegment } from "./found-segment.ts";
import { segmentKeyOf } from "./segment-key.ts";
import type { SegmentBody } from "./wire.ts";

/** Segments that are written by their key in a project and environment: LaunchDarkly's public API. */
export type KeyedSettings = ApiSettings & { readonly project: string; readonly environment: string };

export type KeyedPorts = ApiPorts & {
  /** Why a segment cannot be written, and what to do: for the log, as the reason alone names no segment. */
  readonly noteProblem: (problem: string) => void;
};

/** What one sort of segment has of its own. */
export type Sort = {
  readonly maxMembers: number;
  readonly oneAction: boolean;
  /** Looked at before the first request of an invocation; otherwise only after one was refused. */
  readonly looksFirst: boolean;
  readonly method: ApiRequest["method"];
  /** Where the members go, behind the segment's own path. */
  readonly suffix: string;
  readonly request: (change: SegmentChange) => Pick<ApiRequest, "body" | "contentType">;
  /** The segment as it is made: empty, for members of this kind. */
  readonly made: (contextKind: string) => FoundSegment;
  readonly afterApplied: (found: FoundSegment, change: SegmentChange) => FoundSegment;
  /** Why a segment that is there cannot take the change; undefined when it can. */
  readonly objection: (found: FoundSegment, change: SegmentChange) => Objection | undefined;
};

/** `problem` is noted for faults of configuration, whose fate has no room for it. */
export type Objection = { readonly answer: Unready; readonly problem?: string };

/** What this invocation knows of a segment. A segment that was made again with another kind is noticed by the next. */
type Knowledge =
  | Seen
  | { readonly kind: "none" }
  /** To be looked at, because of a refusal of this change, or of its making. */
  | {
      readonly kind: "in-question";
      readonly refused?: { readonly change: SegmentChange; readonly refusal: Refusal };
      readonly notMade?: string;
    };
type Seen =
  | { readonly kind: "missing" }
  | { readonly kind: "present"; readonly found: FoundSegment }
  /** It is there, and what LaunchDarkly shows of it is too much, or not as documented. */
  | { readonly kind: "unreadable" };

/** A list segment is answered with its targets, at most 15,000. What is cut off cannot be read. */
const MAX_LOOK_BYTES = 4 * 1024 * 1024;
const ROUTE = "/api/v2/segments/{project}/{environment}";
const SEGMENT_ROUTE = `${ROUTE}/{segment}`;
const DESCRIPTION = "Flagbridge keeps its members in step with an audience.";
const TAGS = ["flagbridge"];

/**
 * Writes segments by their key, and makes those that are missing. A 404 may mean the segment, the project or the
 * environment: a look that finds no segment is followed by the attempt to make it, which nothing but an existing
 * environment can answer with success. So nothing is made in a wrong place, and a wrong place is told by that 404.
 *
 * A key that is taken meanwhile (400 or 409, which of them is not documented) leads to another look: whoever made the
 * segment, it is used if it is of the right sort.
 */
export function keyedSegments(settings: KeyedSettings, ports: KeyedPorts, sort: Sort): SegmentWriter {
  const api = openApi(settings, ports);
  const environmentPath = `/api/v2/segments/${encodeURIComponent(settings.project)}/${encodeURIComponent(settings.environment)}`;
  const changes = { method: sort.method, route: `${SEGMENT_ROUTE}${sort.suffix}` };
  const knowledge = new Map<string, Knowledge>();

  const ready = async (change: SegmentChange): Promise<Ready> => {
    const access = await api.authorized();
    if (access.kind !== "authorized") return access;
    const key = segmentKeyOf(change.segment.id);
    const before: Knowledge = knowledge.get(key) ?? { kind: sort.looksFirst ? "in-question" : "none" };
    const known = before.kind === "in-question" ? await look(key, access.send) : before;
    switch (known.kind) {
      case "none":
      case "missing":
      case "present":
      case "unreadable":
        knowledge.set(key, known);
        break;
      default:
        return known;
    }
    if (known.kind === "unreadable" && sort.looksFirst)
      return { kind: "unsent", reason: "segment-unreadable" };
    const asked = before.kind === "in-question" ? before : undefined;
    if (known.kind === "missing" && asked?.notMade !== undefined) return notMadeBecause(key, asked.notMade);
    const objected = objectionTo(key, known, change);
    if (objected) return objected;
    if (known.kind !== "missing" && asked?.refused?.change === change) return asked.refused.refusal;
    const send =
      known.kind === "missing"
        ? async () => afterMaking(key, change, await access.send(creationOf(key, change)))
        : async () => afterSending(key, change, await access.send(requestOf(key, change)));
    return { kind: "ready", send };
  };

  const look = async (
    key: string,
    send: (request: ApiRequest) => Promise<ApiAnswer>,
  ): Promise<Seen | Unready> => {
    const { status, body, means } = await send({
      method: "GET",
      path: `${environmentPath}/${encodeURIComponent(key)}`,
      route: SEGMENT_ROUTE,
      maxAnswerBytes: MAX_LOOK_BYTES,
    });
    if (status === 404) return { kind: "missing" };
    if (means.kind !== "applied") return notSeen(status, means);
    const found = readSegment(body);
    return found ? { kind: "present", found } : { kind: "unreadable" };
  };

  const objectionTo = (key: string, known: Knowledge, change: SegmentChange): Unready | undefined => {
    if (known.kind !== "present") return undefined;
    const objection = sort.objection(known.found, change);
    if (objection?.problem !== undefined) ports.noteProblem(placed(key, objection.problem));
    return objection?.answer;
  };

  const notMadeBecause = (key: string, words: string): Unready => {
    ports.noteProblem(placed(key, `LaunchDarkly does not let it be made: ${words}`));
    return { kind: "misconfigured", reason: "segment-not-made" };
  };

  const placed = (key: string, problem: string): string =>
    `segment "${key}" of ${settings.project}/${settings.environment}: ${problem}`;

  const creationOf = (key: string, { segment, contextKind }: SegmentChange): ApiRequest => {
    const made = sort.made(contextKind);
    const body: SegmentBody = {
      key,
      name: segment.name,
      description: DESCRIPTION,
      tags: TAGS,
      unbounded: made.sort === "big",
      ...(made.sort === "big" && { unboundedContextKind: made.contextKind }),
    };
    return { method: "POST", path: environmentPath, route: ROUTE, body };
  };

  const requestOf = (key: string, change: SegmentChange): ApiRequest => {
    const path = `${environmentPath}/${encodeURIComponent(key)}${sort.suffix}`;
    return { ...sort.request(change), ...changes, path };
  };

  const afterMaking = (
    key: string,
    change: SegmentChange,
    { body, means, status }: ApiAnswer,
  ): WriteAnswer => {
    if (means.kind === "applied") {
      knowledge.set(key, { kind: "present", found: sort.made(change.contextKind) });
    } else if (means.kind === "refused" || status === 409) {
      knowledge.set(key, { kind: "in-question", notMade: means.kind === "refused" ? means.cause : body });
    } else return means;
    return { kind: "again", reason: "segment-unclear", isNew: true };
  };

  const afterSending = (key: string, change: SegmentChange, { means, status }: ApiAnswer): WriteAnswer => {
    const known = knowledge.get(key) ?? { kind: "none" };
    if (status === 404) knowledge.set(key, { kind: "in-question" });
    else if (means.kind === "refused" && known.kind === "none")
      knowledge.set(key, { kind: "in-question", refused: { change, refusal: means } });
    else {
      if (means.kind === "applied" && known.kind === "present")
        knowledge.set(key, { kind: "present", found: sort.afterApplied(known.found, change) });
      return means;
    }
    return { kind: "again", reason: "segment-unclear", isNew: false };
  };

  return {
    maxMembers: sort.maxMembers,
    oneAction: sort.oneAction,
    evidence: noEvidence(),
    closedUntilMs: () => api.closedUntilMs(changes),
    ready,
  };
}

/** A look changes nothing, so whatever became of it, the segment is as it was. */
function notSeen(status: number | undefined, means: Exclude<WriteAnswer, { kind: "applied" }>): Unready {
  switch (means.kind) {
    case "limited":
    case "misconfigured":
    case "unsent":
      return means;
    case "unanswered":
      return { kind: "unsent", reason: means.reason };
    case "failed":
      return { kind: "unsent", reason: `launchdarkly-${means.status}` };
    case "refused":
    case "forbidden":
      return { kind: "misconfigured", reason: `launchdarkly-${status}` };
    case "again":
      return { kind: "unsent", reason: means.reason };
  }
}
