import * as z from "zod/mini";
import { readJson } from "../../json.ts";
import type { Client } from "../client.ts";
import { type FoundSegment, readSegment } from "../segments/found-segment.ts";
import { SEGMENT_MEANINGS } from "../segments/outcome.ts";
import { segmentKeyOf } from "../segments/segment-key.ts";
import type { EnvironmentKeys } from "./environment-keys.ts";
import { type Patience, patientCall, reasonOf } from "./patient-call.ts";
import type { SegmentPlace } from "./places.ts";

/** What LaunchDarkly has under the name of a segment. `missing`: the environment is there, and the segment is not. */
export type Found =
  | { readonly kind: "found"; readonly key: string; readonly segment: FoundSegment }
  | { readonly kind: "missing" }
  | { readonly kind: "unknown"; readonly why: string };

export type FindPorts = {
  readonly client: Client;
  readonly keys: EnvironmentKeys;
  readonly patience: Patience;
};

const LIST = "/api/v2/segments/{project}/{environment}";
/** A list segment has at most 15,000 targets, each at most 2,048 characters long. */
const MAX_ANSWER_BYTES = 128 * 1_024 * 1_024;
const PER_PAGE = 50;

/**
 * Reads a segment, with all of a list segment's targets: one request. A synced segment whose key LaunchDarkly has chosen otherwise
 * than expected, and one that is missing, take one more.
 */
export async function findSegment({ segment }: SegmentPlace, ports: FindPorts): Promise<Found> {
  const key = segment.writer === "synced" ? usualKeyOf(segment) : segment.id;
  const found = await read(key, ports);
  if (found.kind === "found" && isOf(segment, found.segment)) return found;
  if (found.kind === "unknown" || segment.writer !== "synced")
    return found.kind === "missing" ? missingOrNoEnvironment(ports) : found;
  return searchSynced(segment, ports);
}

export function segmentsPath({ project, environment }: EnvironmentKeys): string {
  return `/api/v2/segments/${encodeURIComponent(project)}/${encodeURIComponent(environment)}`;
}

/**
 * LaunchDarkly documents no key of a synced segment; its sample server for integrations makes this one.
 * https://github.com/launchdarkly/integration-framework/tree/main/server
 */
export function usualKeyOf({
  integration,
  id,
}: {
  readonly integration: string;
  readonly id: string;
}): string {
  return `${integration}-${id}`;
}

/** A segment of another writer under the same key is not the one that was meant, but for `big` and `list`, which share keys. */
function isOf(segment: SegmentPlace["segment"], found: FoundSegment): boolean {
  if (segment.writer !== "synced") return true;
  return found.kind === "synced" && found.source === segment.integration;
}

async function read(key: string, { client, keys, patience }: FindPorts): Promise<Found> {
  const request = {
    method: "GET" as const,
    route: `${LIST}/{segment}`,
    path: `${segmentsPath(keys)}/${encodeURIComponent(key)}`,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  };
  const outcome = await patientCall(() => client.call(request, SEGMENT_MEANINGS), patience);
  if (outcome.kind === "misconfigured" && outcome.status === 404) return { kind: "missing" };
  // A key that LaunchDarkly takes for impossible has no segment.
  if (outcome.kind === "refused" && outcome.status === 400) return { kind: "missing" };
  if (outcome.kind !== "taken") return { kind: "unknown", why: reasonOf(outcome) };
  const segment = readSegment(outcome.body);
  return segment ? { kind: "found", key, segment } : { kind: "unknown", why: "answer-unreadable" };
}

const segmentList = z.object({
  items: z.array(z.object({ key: z.string(), name: z.string(), _external: z.nullish(z.string()) })),
});

async function list(query: string, { client, keys, patience }: FindPorts) {
  const path = `${segmentsPath(keys)}?${query}`;
  const request = { method: "GET" as const, route: LIST, path, maxAnswerBytes: MAX_ANSWER_BYTES };
  return patientCall(() => client.call(request, SEGMENT_MEANINGS), patience);
}

/** A 404 may mean the segment, the project or the environment: the list of an environment that is there can be read. */
async function missingOrNoEnvironment(ports: FindPorts): Promise<Found> {
  const outcome = await list("limit=1", ports);
  return outcome.kind === "taken" ? { kind: "missing" } : { kind: "unknown", why: reasonOf(outcome) };
}

async function searchSynced(
  segment: { readonly integration: string; readonly id: string },
  ports: FindPorts,
): Promise<Found> {
  const word = searchWordOf(segment.id);
  const filter = word === "" ? "" : `&filter=${encodeURIComponent(`query:${word}`)}`;
  const outcome = await list(`limit=${PER_PAGE}${filter}`, ports);
  if (outcome.kind !== "taken") return { kind: "unknown", why: reasonOf(outcome) };
  const { data } = z.safeParse(segmentList, readJson(outcome.body));
  if (!data) return { kind: "unknown", why: "answer-unreadable" };
  const own = data.items.filter(({ _external }) => _external === segment.integration);
  const meant = meantOf(own, segment);
  switch (meant.kind) {
    case "one":
      return read(meant.key, ports);
    case "none":
      // Without a word to search for, only the first page has been seen.
      return word === "" && data.items.length === PER_PAGE
        ? { kind: "unknown", why: "too-many-segments-to-search" }
        : { kind: "missing" };
    case "unclear":
      return { kind: "unknown", why: meant.why };
  }
}

/** The longest part of an id that LaunchDarkly's search takes for a word; empty for an id without Latin letters and digits. */
function searchWordOf(id: string): string {
  const [word = ""] = (id.match(/[A-Za-z0-9_.-]+/g) ?? []).sort((a, b) => b.length - a.length);
  return word;
}

export type Meant =
  | { readonly kind: "one"; readonly key: string }
  | { readonly kind: "none" }
  | { readonly kind: "unclear"; readonly why: string };

/**
 * Which of an integration's segments is meant: by a key made of the id, else by the id as the name, else by a word of it in the key. A segment that is only
 * similar must not speak for another: `fans-42` says nothing about `fans`, nor `42` about `4`.
 */
export function meantOf(
  own: readonly { readonly key: string; readonly name: string }[],
  { integration, id }: { readonly integration: string; readonly id: string },
): Meant {
  const word = searchWordOf(id);
  const usualKey = usualKeyOf({ integration, id: segmentKeyOf(id) });
  const byKey = own.filter(({ key }) => key === usualKey || key === id);
  const byName = own.filter(({ name }) => name === id);
  const certain = [byKey, byName].find((some) => some.length > 0);
  const [one, ...others] = certain ?? own.filter(({ key }) => word === "" || hasWord(key, word));
  if (!one) return { kind: "none" };
  if (others.length > 0) return { kind: "unclear", why: "several-synced-segments-match" };
  // With the integration before it, a key is the usual one of another id, unless LaunchDarkly adds something to the ids.
  if (certain || (word !== "" && !one.key.startsWith(`${integration}-`)))
    return { kind: "one", key: one.key };
  return { kind: "unclear", why: "only-a-similar-synced-segment-is-there" };
}

/** Whether the word stands in the key with no letter or digit beside it. */
function hasWord(key: string, word: string): boolean {
  for (let at = key.indexOf(word); at !== -1; at = key.indexOf(word, at + 1))
    if (!/[A-Za-z0-9]/.test(`${key[at - 1] ?? ""}${key[at + word.length] ?? ""}`)) return true;
  return false;
}
