import { type Fate, retrySoon, retryWithBackoff } from "../../delivery/fate.ts";
import { type CallOutcome, guardedCall } from "../../delivery/guarded-call.ts";
import type { TimeBudget } from "../../delivery/time-budget.ts";
import type { LimitStore } from "../../http/rate-limit.ts";
import type { HttpRequest, HttpSession } from "../../http/session.ts";
import { readJson } from "../../json.ts";
import { REFUSALS } from "./outcome.ts";
import type { Pace } from "./pace.ts";
import type { Annotation } from "./transform.ts";
import { annotationsPath } from "./versions.ts";
import { annotationList, type FoundAnnotation, foundAnnotation } from "./wire.ts";

export type AnnotationPorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  /** A personal API key; `after` is one that PostHog has refused. */
  readonly personalKey: (after?: string) => Promise<string>;
  readonly limit: LimitStore;
  readonly pace: Pace;
  readonly budget: TimeBudget;
};

/** `settled` is about this annotation alone; `stopped` is as true of the next one. */
export type AnnotationOutcome = { readonly kind: "settled" | "stopped"; readonly fate: Fate };

export type AnnotationWriter = { readonly write: (annotation: Annotation) => Promise<AnnotationOutcome> };

type Request = Pick<HttpRequest, "method"> & { readonly path?: string; readonly body?: object };

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
  const base = `${to.host}${annotationsPath(to.projectId)}`;
  const guards = {
    ...ports,
    credential: ports.personalKey,
    destination: "posthog-annotations",
    refusals: REFUSALS,
  };
  const call = async ({ method, path = "", body }: Request): Promise<CallOutcome> => {
    if (!ports.budget.allows(to.timeoutMs)) return { kind: "stopped", fate: retrySoon("out-of-time") };
    const openAtMs = ports.pace.start(ports.now());
    if (openAtMs !== undefined) return { kind: "stopped", fate: retryWithBackoff("rate-limited", openAtMs) };
    return guardedCall(
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
      guards,
    );
  };
  const search = (marker: string) =>
    call({ method: "GET", path: `?search=${encodeURIComponent(marker)}&limit=${PAGE}` });
  const takeBackIfLater = async (marker: string, written: CallOutcome): Promise<void> => {
    const own = written.kind === "taken" ? foundAnnotation.safeParse(readJson(written.body)).data : undefined;
    const after = own && (await search(marker));
    if (!own || after?.kind !== "taken") return;
    const others = withMarker(marker, after.body) ?? [];
    if (others.some(({ id, deleted }) => id < own.id && deleted !== true))
      await call({ method: "PATCH", path: `${own.id}/`, body: { deleted: true } });
  };
  return {
    write: async ({ marker, body }) => {
      const before = await search(marker);
      if (before.kind !== "taken") return unwritten(before);
      const found = withMarker(marker, before.body);
      if (!found) return { kind: "stopped", fate: unreadableAnswer };
      // One that a person has deleted counts: it is not to come back.
      if (found.length > 0) return { kind: "settled", fate: { kind: "delivered", how: "unchanged" } };
      const written = await call({ method: "POST", body });
      if (written.kind !== "taken") return unwritten(written);
      // It is written; that it may be there twice is no reason to write it again.
      await takeBackIfLater(marker, written);
      return { kind: "settled", fate: { kind: "delivered", how: "applied" } };
    },
  };
}

function unwritten(outcome: Exclude<CallOutcome, { kind: "taken" }>): AnnotationOutcome {
  if (outcome.kind === "stopped") return outcome;
  const { status, reason, cause } = outcome;
  return { kind: "settled", fate: { kind: "dead", status, reason, cause } };
}

/** Something between us and PostHog answers in its place: a login page, for example. */
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
