import { parse } from "csv-parse/sync";
import * as z from "zod";
import { readJson } from "../../lib/json.ts";
import type { Client } from "../../lib/launchdarkly/client.ts";
import type { EnvironmentKeys } from "../../lib/launchdarkly/membership/environment-keys.ts";
import { type Patience, patientCall } from "../../lib/launchdarkly/membership/patient-call.ts";
import { SEGMENT_MEANINGS } from "../../lib/launchdarkly/segments/outcome.ts";

/** https://launchdarkly.com/docs/api/segments/get-big-segment-export */
const exportAnswer = z.object({
  status: z.string(),
  sizeBytes: z.number(),
  _links: z.record(z.string(), z.object({ href: z.string(), type: z.string().optional() })),
});

const ROUTE = "/api/v2/segments/{project}/{environment}/{segment}/exports";
const POLL_MS = 2_000;
/** An export of millions of keys takes a while; without an end it is done without. */
const LONGEST_EXPORT_MS = 600_000;
/** Some ten million keys: of more, members are asked for one by one. */
const MAX_FILE_BYTES = 384 * 1_024 * 1_024;

/**
 * The keys of a big or synced segment's members, by LaunchDarkly's export. Undefined where that cannot be had: LaunchDarkly makes none,
 * the token may not, the file is elsewhere or too large. Neither where the export's id is said nor the shape of its file is documented:
 * the id is expected in `Location`, as for imports, and of the file the first column.
 */
export async function exportedKeys(
  segmentKey: string,
  ports: { readonly client: Client; readonly keys: EnvironmentKeys; readonly patience: Patience },
): Promise<ReadonlySet<string> | undefined> {
  const { client, keys, patience } = ports;
  const list = `/api/v2/segments/${encodeURIComponent(keys.project)}/${encodeURIComponent(keys.environment)}/${encodeURIComponent(segmentKey)}/exports`;
  const started = await client.call({ method: "POST", route: ROUTE, path: list }, SEGMENT_MEANINGS);
  if (started.kind !== "taken") return undefined;
  const id = started.location?.split("/").at(-1);
  if (!id) return undefined;
  const read = (path: string, route: string) =>
    patientCall(
      () => client.call({ method: "GET", route, path, maxAnswerBytes: MAX_FILE_BYTES }, SEGMENT_MEANINGS),
      patience,
    );
  const giveUpMs = patience.now() + LONGEST_EXPORT_MS;
  for (;;) {
    const answer = await read(`${list}/${encodeURIComponent(id)}`, `${ROUTE}/{export}`);
    if (answer.kind !== "taken") return undefined;
    const { data } = exportAnswer.safeParse(readJson(answer.body));
    if (!data || /fail|error|cancel/i.test(data.status)) return undefined;
    if (data.status === "complete") {
      const path = fileOf(data._links);
      if (path === undefined || data.sizeBytes > MAX_FILE_BYTES) return undefined;
      const file = await read(path, `${ROUTE}/{export}/file`);
      return file.kind === "taken" ? keysOf(file.body, data.sizeBytes) : undefined;
    }
    if (patience.now() + POLL_MS > giveUpMs) return undefined;
    await patience.sleep(POLL_MS);
  }
}

/** The path of the file, where it is LaunchDarkly's own: the token goes nowhere else. */
function fileOf(links: z.output<typeof exportAnswer>["_links"]): string | undefined {
  const file = Object.entries(links).find(
    ([name, { type }]) => /file|download/i.test(name) || type === "text/csv",
  );
  const href = file?.[1].href;
  return href?.startsWith("/") && !href.startsWith("//") ? href : undefined;
}

/** A line end more or less is no loss; anything else that is missing would look like people who are not there. */
const LINE_END_BYTES = 2;

function keysOf(csv: string, sizeBytes: number): ReadonlySet<string> | undefined {
  if (Buffer.byteLength(csv) + LINE_END_BYTES < sizeBytes) return undefined;
  const keys = new Set<string>();
  try {
    const rows: unknown = parse(csv, { relax_column_count: true, skip_empty_lines: true });
    if (!Array.isArray(rows)) return undefined;
    for (const row of rows) if (Array.isArray(row) && typeof row[0] === "string") keys.add(row[0]);
  } catch {
    return undefined;
  }
  return keys;
}
