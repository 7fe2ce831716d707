import { fateOf, refusalBy } from "../../delivery/call-outcome.ts";
import { type Fate, retrySoon, retryWithBackoff } from "../../delivery/fate.ts";
import type { TimeBudget } from "../../delivery/time-budget.ts";
import type { Breaker } from "../../http/breaker.ts";
import { type CallOutcome, destinationCall, type Meanings } from "../../http/destination-call.ts";
import type { LimitStore } from "../../http/rate-limit.ts";
import type { HttpRequest, HttpSession } from "../../http/session.ts";
import { readJson } from "../../json.ts";
import type { Pace } from "./pace.ts";
import type { Annotation } from "./transform.ts";
import { annotationList, type FoundAnnotation, foundAnnotation } from "./wire.ts";

export type AnnotationPorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  /** A personal API key; `after` is one that PostHog has refused. */
  readonly personalKey: (after?: string) => Promise<string>;
  readonly limit: LimitStore;
  readonly breaker?: Breaker | undefined;
  readonly pace: Pace;
  readonly budget: TimeBudget;
};

/** `settled` is about this annotation alone; `stopped` is as true of the next one. */
export type AnnotationOutcome = { readonly kind: "settled" | "stopped"; readonly fate: Fate };

export type AnnotationWriter = { readonly write: (annotation: Annotation) => Promise<AnnotationOutcome> };

/** A request that PostHog has taken. */
type Taken = Extract<CallOutcome, { readonly kind: "taken" }>;

type Request = Pick<HttpRequest, "method"> & { readonly path?: string; readonly body?: object };

/** Names PostHog in the reason of a refusal. */
const NAME = "posthog-annotations";

/**
 * The status by which PostHog refuses an annotation for what is in it. Self-hosted versions of old take 400 characters.
 * https://posthog.com/docs/api/annotations
 */
const MEANINGS: Meanings = { 400: "refused" };

/** Annotations with one marker are one or two; a page of them stays far below what is read of an answer. */
const PAGE = 5;

/**
 * Writes annotations on a PostHog project's charts, each once. PostHog has no key to tell a repetition by, so the marker
 * is searched first; and searched again afterwards, because another forwarder may have written it in the meantime: of
 * several the oldest stays, and whoever wrote a later one takes it back.
 * https://posthog.com/docs/api/annotations
 */
export function annotationWriter(
  to: {
    /** Base URL of the private API, without a slash at the end. */
    readonly host: string;
    readonly projectId: string;
    readonly timeoutMs: number;
    readonly version: string;
  },
  ports: AnnotationPorts,
): AnnotationWriter {
  const base = `${to.host}/api/projects/${encodeURIComponent(to.projectId)}/annotations/`;
  const destination = {
    now: ports.now,
    limit: ports.limit,
    breaker: ports.breaker,
    credential: ports.personalKey,
  };
  const call = async ({ method, path = "", body }: Request): Promise<Taken | AnnotationOutcome> => {
    if (!ports.budget.allows(to.timeoutMs)) return stopped(retrySoon("out-of-time"));
    const openAtMs = ports.pace.start(ports.now());
    if (openAtMs !== undefined) return stopped(retryWithBackoff("rate-limited", openAtMs));
    const outcome = await destinationCall(
      (key) =>
        ports.http.send({
          method,
          url: `${base}${path}`,
          headers: {
            authorization: `Bearer ${key}`,
            accept: "application/json",
            "user-agent": `flagbridge/${to.version}`,
            ...(body && { "content-type": "application/json" }),
          },
          body: body ? JSON.stringify(body) : "",
          timeoutMs: to.timeoutMs,
        }),
      destination,
      { meanings: MEANINGS },
    );
    if (outcome.kind === "taken") return outcome;
    if (outcome.kind !== "refused") return stopped(fateOf(NAME, outcome));
    return { kind: "settled", fate: { ...refusalBy(NAME, outcome), kind: "dead" } };
  };
  const search = (marker: string) =>
    call({ method: "GET", path: `?search=${encodeURIComponent(marker)}&limit=${PAGE}` });
  const takeBackIfLater = async (marker: string, { body }: Taken): Promise<void> => {
    const own = foundAnnotation.safeParse(readJson(body)).data;
    const after = own && (await search(marker));
    if (!own || after?.kind !== "taken") return;
    const others = withMarker(marker, after.body) ?? [];
    if (others.some(({ id, deleted }) => id < own.id && deleted !== true))
      await call({ method: "PATCH", path: `${own.id}/`, body: { deleted: true } });
  };
  return {
    write: async ({ marker, body }) => {
      const before = await search(marker);
      if (before.kind !== "taken") return before;
      const found = withMarker(marker, before.body);
      if (!found) return stopped(unreadableAnswer);
      // An annotation that a person has deleted counts as written, so that it does not come back.
      if (found.length > 0) return { kind: "settled", fate: { kind: "delivered", how: "unchanged" } };
      const written = await call({ method: "POST", body });
      if (written.kind !== "taken") return written;
      // It is written. It may be there twice, but that is no reason to write it again.
      await takeBackIfLater(marker, written);
      return { kind: "settled", fate: { kind: "delivered", how: "applied" } };
    },
  };
}

function stopped(fate: Fate): AnnotationOutcome {
  return { kind: "stopped", fate };
}

/** Something between us and PostHog answered in PostHog's place: a login page, for example. */
const unreadableAnswer: Fate = {
  kind: "retry",
  reason: "posthog-annotations-unreadable",
  delay: { kind: "configuration" },
};

/** PostHog searches by words it may read its own way, so the marker itself is looked for in what it finds. */
function withMarker(marker: string, body: string): readonly FoundAnnotation[] | undefined {
  const list = annotationList.safeParse(readJson(body));
  if (!list.success) return undefined;
  return list.data.results
    .flatMap((one) => foundAnnotation.safeParse(one).data ?? [])
    .filter(({ content }) => content.includes(marker));
}
