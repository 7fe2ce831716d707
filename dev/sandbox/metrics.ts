import { hash } from "node:crypto";
import * as z from "zod";
import { describeProblems } from "../../lib/connections/problems.ts";
import { readJson } from "../../lib/json.ts";
import { type ApiDoorConfig, apiDoor, link, notFound } from "./api-door.ts";
import { filterOf, pageOf } from "./listing.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";

/** A custom metric: it counts the events that have its event key, for contexts of its randomization units. */
export type Metric = {
  readonly key: string;
  readonly name: string;
  readonly eventKey: string;
  readonly randomizationUnits: readonly string[];
  readonly isNumeric: boolean;
  readonly archived: boolean;
  /** Of running experiments. */
  readonly activeExperimentCount: number;
};

const metricBody = z.strictObject({
  name: z.string().min(1).optional(),
  eventKey: z.string().min(1, "expected the key of an event"),
  randomizationUnits: z.array(z.string().regex(/^[\w.-]+$/, "expected a context kind")).default(["user"]),
  isNumeric: z.boolean().default(false),
  archived: z.boolean().default(false),
  activeExperimentCount: z.int().min(0).default(1),
});

/** Metrics by their key, of each project by its key. */
export type SeededMetrics = ReadonlyMap<string, readonly Metric[]>;

/**
 * LaunchDarkly's list of metrics, and the sandbox's own way to set and remove one: `PUT` and `DELETE /sandbox/launchdarkly/metrics/{project}/{key}`.
 * They are kept in memory alone.
 * https://launchdarkly.com/docs/api/metrics/list-metrics
 */
export function metricRoutes(
  config: ApiDoorConfig & { readonly metrics: SeededMetrics; readonly startedAtMs: number },
): readonly SandboxRoute[] {
  const projects = new Map(
    [...config.metrics].map(([project, metrics]) => [project, new Map(metrics.map((one) => [one.key, one]))]),
  );
  const route = apiDoor("api", config);
  const one = "/sandbox/launchdarkly/metrics/{project}/{metric}";
  const known =
    (apply: (metrics: Map<string, Metric>, request: SandboxRequest) => SandboxAnswer) =>
    (request: SandboxRequest): SandboxAnswer => {
      const metrics = projects.get(request.parameters.project ?? "");
      return metrics ? apply(metrics, request) : notFound;
    };
  return [
    route({
      method: "GET",
      path: "/api/v2/metrics/{project}",
      right: "viewProject",
      apply: known((metrics, { parameters: { project = "" }, query }) => {
        const filter = filterOf(query);
        if (typeof filter !== "function") return filter;
        const path = `/api/v2/metrics/${project}`;
        const page = pageOf([...metrics.values()].filter(filter), { path, query });
        if ("kind" in page) return page;
        const items = page.items.map((metric) => metricView(metric, { project, atMs: config.startedAtMs }));
        return { kind: "json", status: 200, body: { ...page.body, items } };
      }),
    }),
    {
      method: "PUT",
      path: one,
      answer: known((metrics, { parameters: { metric: key = "" }, body }) => {
        const value = readJson(body);
        const parsed = metricBody.safeParse(value);
        if (!parsed.success)
          return refusal(400, "invalid_request", describeProblems(parsed.error, value).join("; "));
        const metric = { ...parsed.data, key, name: parsed.data.name ?? key };
        metrics.set(key, metric);
        return { kind: "json", status: 200, body: metric };
      }),
    },
    {
      method: "DELETE",
      path: one,
      answer: known((metrics, { parameters: { metric: key = "" } }) =>
        metrics.delete(key) ? { kind: "empty", status: 204 } : notFound,
      ),
    },
  ];
}

/** `MetricListingRep` of LaunchDarkly's OpenAPI document. */
function metricView(metric: Metric, { project, atMs }: { readonly project: string; readonly atMs: number }) {
  const list = `/api/v2/metrics/${project}`;
  const id = hash("sha256", `${project} ${metric.key}`);
  return {
    _id: id.slice(0, 24),
    _versionId: id.slice(24, 48),
    key: metric.key,
    name: metric.name,
    kind: "custom",
    isNumeric: metric.isNumeric,
    eventKey: metric.eventKey,
    randomizationUnits: metric.randomizationUnits,
    activeExperimentCount: metric.activeExperimentCount,
    archived: metric.archived,
    tags: [],
    dataSource: { key: "launchdarkly-hosted" },
    _creationDate: atMs,
    _links: { parent: link(list), self: link(`${list}/${metric.key}`) },
  };
}
