import { readResource } from "../../lib/flag-changes/resource.ts";
import type { Json } from "../../lib/json.ts";
import { type ApiDoorConfig, apiDoor, link, notFound } from "./api-door.ts";
import type { FlagStore, SandboxEntry } from "./flag-store.ts";
import { matchesSpecifier } from "./resource-specifier.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";

export type AuditLogSandboxConfig = ApiDoorConfig & {
  readonly flags: FlagStore;
};

const PATH = "/api/v2/auditlog";
const [DEFAULT_LIMIT, MAX_LIMIT] = [10, 20];

/** LaunchDarkly's audit log: pages, newest first, and single entries. https://launchdarkly.com/docs/api/audit-log */
export function auditLogRoutes(config: AuditLogSandboxConfig): readonly SandboxRoute[] {
  const route = apiDoor("audit-log", config);
  return [
    route({ method: "GET", path: PATH, right: "readAuditLog", apply: (request) => list(request, config) }),
    route({
      method: "GET",
      path: `${PATH}/{id}`,
      right: "readAuditLog",
      apply: ({ parameters }) => {
        const entry = config.flags.entry(parameters.id ?? "");
        return entry ? { kind: "json", status: 200, body: entry } : notFound;
      },
    }),
  ];
}

function list({ query }: SandboxRequest, { flags }: AuditLogSandboxConfig): SandboxAnswer {
  const before = timeOf(query.get("before"), Number.MAX_SAFE_INTEGER);
  const after = timeOf(query.get("after"), Number.MIN_SAFE_INTEGER);
  const limit = timeOf(query.get("limit"), DEFAULT_LIMIT);
  const spec = query.get("spec");
  if (before === undefined || after === undefined)
    return refusal(400, "invalid_request", "before and after: expected Unix ms");
  if (limit === undefined || limit < 1 || limit > MAX_LIMIT)
    return refusal(400, "invalid_request", `limit: expected 1 to ${MAX_LIMIT}`);
  const items: SandboxEntry[] = [];
  let isMore = false;
  for (const entry of flags.entries(after, before, kindOf(spec))) {
    if (spec !== null && !resourcesOf(entry).some((resource) => matchesSpecifier(resource, spec))) continue;
    isMore = items.length === limit;
    if (isMore) break;
    items.push(entry);
  }
  const next = new URLSearchParams(query);
  next.set("before", String(items.at(-1)?.date));
  const links = {
    self: link(`${PATH}?${query}`),
    // By time, so that entries of one ms on both sides of the border are passed over: whoever pages has to cope.
    ...(isMore && { next: link(`${PATH}?${next}`) }),
  };
  return { kind: "json", status: 200, body: { _links: links, items: items.map(listed) } };
}

/** The list has everything of an entry but what it was before and after. */
function listed({ previousVersion: _before, currentVersion: _after, ...rest }: SandboxEntry): Json {
  return rest;
}

/**
 * The kind of the entries that a specifier can be about. Segments that are synced leave thousands of entries, which a sweep
 * for flags need not read each time.
 */
function kindOf(spec: string | null): string | undefined {
  const type = spec === null ? undefined : readResource(spec).at(-1)?.type;
  return type === "flag" || type === "segment" ? type : undefined;
}

function resourcesOf({ accesses }: SandboxEntry): string[] {
  return Array.isArray(accesses) ? accesses.map(({ resource }) => String(resource)) : [];
}

function timeOf(given: string | null, otherwise: number): number | undefined {
  if (given === null) return otherwise;
  return /^-?\d{1,15}$/.test(given) ? Number(given) : undefined;
}
