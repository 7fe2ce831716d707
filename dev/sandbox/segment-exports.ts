import { randomUUID } from "node:crypto";
import { type ApiRoute, link, notFound } from "./api-door.ts";
import { TOKEN_NAME } from "./entry-parts.ts";
import type { PublicSegment, PublicSegments } from "./public-segments.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import { placeOf } from "./segment-reads.ts";

type Export = { readonly segment: PublicSegment; readonly atMs: number; readonly csv: string };

/**
 * Exports of big and synced segments: they are complete at once, and kept in memory. LaunchDarkly documents neither where the answer to
 * the `POST` says the export's id, nor under which name `_links` has the file: here it is the `Location`, as for imports, and `file`,
 * with one context key a line.
 * https://launchdarkly.com/docs/api/segments/create-big-segment-export
 * https://launchdarkly.com/docs/api/segments/get-big-segment-export
 */
export function segmentExportRoutes({
  environmentOf,
  segments,
  route,
  now,
}: {
  readonly environmentOf: (project: string, environment: string) => string | undefined;
  readonly segments: PublicSegments;
  readonly route: (route: ApiRoute) => SandboxRoute;
  readonly now: () => number;
}): readonly SandboxRoute[] {
  const exports = new Map<string, Export>();
  const list = "/api/v2/segments/{project}/{environment}/{segment}/exports";
  const segmentOf = (request: SandboxRequest): PublicSegment | undefined => {
    const { project, environment } = placeOf(request);
    const environmentId = environmentOf(project, environment);
    return environmentId === undefined
      ? undefined
      : segments.find(environmentId, request.parameters.segment ?? "");
  };
  const known =
    (apply: (id: string, found: Export, request: SandboxRequest) => SandboxAnswer) =>
    (request: SandboxRequest): SandboxAnswer => {
      const { export: id = "", segment: key } = request.parameters;
      const { project, environment } = placeOf(request);
      const found = exports.get(id);
      if (!found || found.segment.key !== key) return notFound;
      if (found.segment.environmentId !== environmentOf(project, environment)) return notFound;
      return apply(id, found, request);
    };
  return [
    route({
      method: "POST",
      path: list,
      right: "viewProject",
      apply: (request) => {
        const segment = segmentOf(request);
        if (!segment) return notFound;
        if (segment.sort === "list")
          return refusal(400, "invalid_request", "this operation does not support standard segments");
        const id = randomUUID();
        const csv = segments.keysOf(segment).map((key) => `${quoted(key)}\n`);
        exports.set(id, { segment, atMs: now(), csv: csv.join("") });
        return { kind: "empty", status: 200, headers: { location: `${pathOf(request)}/${id}` } };
      },
    }),
    route({
      method: "GET",
      path: `${list}/{export}`,
      right: "viewProject",
      apply: known((id, found, request) => ({
        kind: "json",
        status: 200,
        body: exportView(id, found, pathOf(request)),
      })),
    }),
    route({
      method: "GET",
      path: `${list}/{export}/file`,
      right: "viewProject",
      apply: known((_id, { csv }) => ({ kind: "text", status: 200, body: csv.replace(/\n$/, "") })),
    }),
  ];
}

function pathOf(request: SandboxRequest): string {
  const { project, environment } = placeOf(request);
  return `/api/v2/segments/${project}/${environment}/${request.parameters.segment}/exports`;
}

function exportView(id: string, { segment, atMs, csv }: Export, path: string) {
  const sizeBytes = Buffer.byteLength(csv);
  return {
    id,
    segmentKey: segment.key,
    creationTime: atMs,
    status: "complete",
    sizeBytes,
    size: `${sizeBytes} B`,
    initiator: { name: TOKEN_NAME, email: "" },
    _links: {
      parent: link(path.replace(/\/exports$/, "")),
      self: link(`${path}/${id}`),
      file: link(`${path}/${id}/file`, "text/csv"),
    },
  };
}

/** https://www.rfc-editor.org/rfc/rfc4180#section-2 */
function quoted(key: string): string {
  return /[",\r\n]/.test(key) ? `"${key.replaceAll('"', '""')}"` : key;
}
