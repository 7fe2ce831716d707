import type { Json } from "../../lib/json.ts";
import type { Faults } from "./faults.ts";
import type { FlagStore, SandboxEntry } from "./flag-store.ts";
import { matchesSpecifier } from "./resource-specifier.ts";
import { headerOf, refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import { withFault } from "./with-fault.ts";

export type AuditLogSandboxConfig = {
  readonly accessTokens: () => ReadonlySet<string>;
  readonly flags: FlagStore;
  readonly faults: Faults;
};

const PATH = "/api/v2/auditlog";
const [DEFAULT_LIMIT, MAX_LIMIT] = [10, 20];

/** LaunchDarkly's audit log: pages, newest first, and single entries. https://launchdarkly.com/docs/api/audit-log */
export function auditLogRoutes(config: AuditLogSandboxConfig): readonly SandboxRoute[] {
  const door = (apply: (request: SandboxRequest) => SandboxAnswer) =>
    withFault(config.faults, "audit-log", (request) =>
      config.accessTokens().has(headerOf(request, "authorization") ?? "")
        ? apply(request)
        : refusal(401, "unauthorized", "Invalid access token"),
    );
  return [
    { method: "GET", path: `/sandbox/launchdarkly${PATH}`, answer: door((request) => list(request, config)) },
    {
      method: "GET",
      path: `/sandbox/launchdarkly${PATH}/{id}`,
      answer: door(({ parameters }) => {
        const entry = config.flags.entry(parameters.id ?? "");
        if (!entry) return refusal(404, "not_found", "Invalid resource identifier");
        return { kind: "json", status: 200, body: entry };
      }),
    },
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
  for (const entry of flags.entries(after, before)) {
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

function resourcesOf({ accesses }: SandboxEntry): string[] {
  return Array.isArray(accesses) ? accesses.map(({ resource }) => String(resource)) : [];
}

function timeOf(given: string | null, otherwise: number): number | undefined {
  if (given === null) return otherwise;
  return /^-?\d{1,15}$/.test(given) ? Number(given) : undefined;
}

function link(href: string) {
  return { href, type: "application/json" };
}
