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
function usualKeyOf({ integration, id }: { readonly integration: string; readonly id: string }): string {
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
  const [word = ""] = (segment.id.match(/[A-Za-z0-9_.-]+/g) ?? []).sort((a, b) => b.length - a.length);
  const filter = word === "" ? "" : `&filter=${encodeURIComponent(`query:${word}`)}`;
  const outcome = await list(`limit=${PER_PAGE}${filter}`, ports);
  if (outcome.kind !== "taken") return { kind: "unknown", why: reasonOf(outcome) };
  const { data } = z.safeParse(segmentList, readJson(outcome.body));
  if (!data) return { kind: "unknown", why: "answer-unreadable" };
  const own = data.items.filter(({ _external }) => _external === segment.integration);
  const [one, ...others] = likeliest(own, { ...segment, word });
  if (!one) return { kind: "missing" };
  return others.length > 0 ? { kind: "unknown", why: "several-synced-segments-match" } : read(one.key, ports);
}

type Listed = z.output<typeof segmentList>["items"][number];

/** Those that are most likely meant: by a key made of the id, else by the id as the name, else by a word of it in the key. */
function likeliest(
  own: readonly Listed[],
  { integration, id, word }: { readonly integration: string; readonly id: string; readonly word: string },
): readonly Listed[] {
  const byKey = own.filter(({ key }) => key === usualKeyOf({ integration, id: segmentKeyOf(id) }));
  if (byKey.length > 0) return byKey;
  const byName = own.filter(({ name }) => name === id);
  if (byName.length > 0) return byName;
  return own.filter(({ key }) => key.includes(word));
}
