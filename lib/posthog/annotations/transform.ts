import type { Fate } from "../../delivery/fate.ts";
import { invalidItem } from "../../delivery/item-step.ts";
import { type ReadableSettings, readableChange } from "../../flag-changes/readable.ts";
import type { FlagChange } from "../../messages/flag-changes.ts";
import type { NewAnnotation } from "./wire.ts";

/** https://posthog.com/docs/api/annotations */
export const MAX_CONTENT_CHARS = 8_192;

/** An annotation and the marker by which it is found again. */
export type Annotation = { readonly marker: string; readonly body: NewAnnotation };

/** The longest id that ingest keeps has 600 bytes. The marker goes into an address, and servers take 8 KB of one. */
const MAX_ID_CHARS = 1_000;

/** Why a change can have no marker that PostHog could be asked for. */
export function markerFault({ id }: FlagChange): Fate | undefined {
  return id.length <= MAX_ID_CHARS
    ? undefined
    : invalidItem(`id: expected at most ${MAX_ID_CHARS} characters of a change that is to be annotated.`);
}

/** What changed, where LaunchDarkly shows it, and a marker made of the change's id. */
export function annotationOf(change: FlagChange, settings: ReadableSettings): Annotation {
  const { title, titleVerb, kind, name, link, at } = readableChange(change, settings);
  const marker = `[ld:${change.id}]`;
  const rest = `${link === "" ? "" : `\n${link}`}\n${marker}`;
  const what = title || `${titleVerb || kind} ${name}`.trim();
  return {
    marker,
    body: {
      content: cut(what, MAX_CONTENT_CHARS - rest.length) + rest,
      date_marker: new Date(at).toISOString(),
      scope: "project",
      creation_type: "GIT",
    },
  };
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1).toWellFormed()}…`;
}
