import { gunzipSync } from "node:zlib";
import * as z from "zod";
import { describeProblems } from "../../lib/connections/problems.ts";
import type { AccountSettings } from "./account-settings.ts";
import type { EventStore } from "./event-store.ts";
import type { Faults } from "./faults.ts";
import {
  headerOf,
  lastOf,
  refusal,
  type SandboxAnswer,
  type SandboxRequest,
  type SandboxRoute,
} from "./route.ts";
import { withFault } from "./with-fault.ts";

export type EventsSandboxConfig = {
  readonly accessTokens: () => ReadonlySet<string>;
  readonly clientSideIds: ReadonlySet<string>;
  /** The client-side ID behind a project and environment key. */
  readonly environmentOf: (project: string, environment: string) => string | undefined;
  readonly events: EventStore;
  readonly faults: Faults;
  /** Without it, nothing stands in the way. */
  readonly settings?: AccountSettings;
};

/** https://launchdarkly.com/docs/home/metrics/import-events */
const MAX_IMPORT_BYTES = 10_000_000;

const common = { key: z.string().min(1), creationDate: z.int() };
const measured = { metricValue: z.number().optional(), data: z.unknown().optional() };
const contextKeys = z
  .record(z.string().regex(/^[\w.-]+$/), z.string().min(1))
  .refine((keys) => Object.keys(keys).length > 0, "expected at least one context key");
const schema4 = z.strictObject({ kind: z.literal("custom"), ...common, ...measured, contextKeys });
const schema3 = z.strictObject({
  kind: z.literal("custom"),
  ...common,
  ...measured,
  userKey: z.string().min(1),
});
const alias = z.strictObject({
  kind: z.literal("alias"),
  ...common,
  previousKey: z.string().min(1),
  contextKind: z.string(),
  previousContextKind: z.string(),
});

type SandboxEvent = z.output<typeof schema4 | typeof schema3 | typeof alias>;

/** LaunchDarkly's two doors for metric events, as they are documented. */
export function eventRoutes(config: EventsSandboxConfig): readonly SandboxRoute[] {
  const base = "/sandbox/launchdarkly";
  return [
    {
      method: "POST",
      path: `${base}/events/bulk/{environmentId}`,
      answer: withFault(config.faults, "events", (request) => clientSide(request, config)),
    },
    {
      method: "POST",
      path: `${base}/v2/event-data-import/{project}/{environment}`,
      answer: withFault(config.faults, "events", (request) => importEvents(request, config)),
    },
    {
      method: "GET",
      path: `${base}/events`,
      answer: ({ query }) => ({ kind: "json", status: 200, body: config.events.list(lastOf(query)) }),
    },
  ];
}

function clientSide(request: SandboxRequest, config: EventsSandboxConfig): SandboxAnswer {
  const { environmentId = "" } = request.parameters;
  if (!config.clientSideIds.has(environmentId))
    return refusal(404, "not_found", "no environment has this client-side ID");
  const version = headerOf(request, "x-launchdarkly-event-schema") ?? "4";
  const schema = version === "3" ? z.union([schema3, alias]) : z.union([schema4, alias]);
  return take(environmentId, request, schema, config);
}

function importEvents(request: SandboxRequest, config: EventsSandboxConfig): SandboxAnswer {
  const { project = "", environment = "" } = request.parameters;
  if (!config.accessTokens().has(headerOf(request, "authorization") ?? ""))
    return refusal(401, "unauthorized", "Invalid access token");
  // 401 and not 403, as that page says.
  if (config.settings?.isDenied("importEventData"))
    return refusal(401, "unauthorized", "the access token lacks the action importEventData");
  const environmentId = config.environmentOf(project, environment);
  if (environmentId === undefined) return refusal(404, "not_found", "Invalid resource identifier");
  if (headerOf(request, "x-launchdarkly-event-schema") !== "4")
    return refusal(406, "not_acceptable", "expected X-LaunchDarkly-Event-Schema: 4");
  if (headerOf(request, "content-length") === undefined)
    return refusal(400, "invalid_request", "expected Content-Length");
  if (!/^MetricImport-\S+-int\//.test(headerOf(request, "user-agent") ?? "")) {
    return refusal(400, "invalid_request", "expected User-Agent: MetricImport-<company>-int/<version>");
  }
  if (request.bytes.length >= MAX_IMPORT_BYTES)
    return refusal(413, "invalid_request", "expected less than 10 MB");
  return take(environmentId, request, schema4, config);
}

/** All of a request or nothing. */
function take(
  environmentId: string,
  request: SandboxRequest,
  schema: z.ZodType<SandboxEvent>,
  config: EventsSandboxConfig,
): SandboxAnswer {
  if (!headerOf(request, "content-type")?.startsWith("application/json")) {
    return refusal(400, "invalid_request", "expected Content-Type: application/json");
  }
  let value: unknown;
  try {
    value = JSON.parse(
      headerOf(request, "content-encoding") === "gzip"
        ? gunzipSync(request.bytes).toString("utf8")
        : request.body,
    );
  } catch {
    return refusal(400, "invalid_request", "expected JSON");
  }
  const parsed = z.array(schema).min(1).safeParse(value);
  if (!parsed.success)
    return refusal(400, "invalid_request", describeProblems(parsed.error, value).slice(0, 3).join("; "));
  if (parsed.data.some((event) => keysOf(event).some((one) => config.faults.isPoisoned("events", one))))
    return refusal(400, "invalid_request", "an event of this request has a context key that is poisoned");
  config.events.add(environmentId, headerOf(request, "x-launchdarkly-payload-id"), parsed.data);
  return { kind: "empty", status: 202 };
}

/** The context keys of an event, and of an alias both. */
function keysOf(event: SandboxEvent): readonly string[] {
  if ("contextKeys" in event) return Object.values(event.contextKeys);
  if ("userKey" in event) return [event.userKey];
  return [event.key, event.previousKey];
}
