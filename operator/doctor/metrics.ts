import * as z from "zod";
import type { Connection, MetricsSettings } from "../../lib/connections/schema.ts";
import { type Ask, type NotTaken, notSeen, withoutToken } from "./ask.ts";
import { type Check, type CheckLine, lineAbout, listed } from "./check.ts";
import type { EnvironmentToAsk } from "./launchdarkly-environment.ts";

/** https://launchdarkly.com/docs/api/metrics/list-metrics */
const metricsAnswer = z.object({
  items: z.array(
    z.object({
      key: z.string(),
      kind: z.string(),
      eventKey: z.string().nullish(),
      archived: z.boolean().nullish(),
      randomizationUnits: z.array(z.string()).nullish(),
    }),
  ),
});

type Metric = z.output<typeof metricsAnswer>["items"][number];

const PAGE = 50;
const MOST_PAGES = 40;
const MAX_PAGE_BYTES = 8 * 1_024 * 1_024;

/**
 * Does a metric listen to what a connection sends? LaunchDarkly takes every event, shows it, and counts only those that an active
 * metric listens to, of contexts of a kind that is among the metric's randomization units.
 * https://launchdarkly.com/docs/home/metrics/import-events
 */
export function metricsCheck(
  environment: EnvironmentToAsk,
  sender: { readonly name: string; readonly metrics: NonNullable<Connection["metrics"]> },
): Check {
  const line = lineAbout("metrics.listened", `connections.${sender.name} → ${environment.subject}`);
  return {
    title: `connections.${sender.name}`,
    line,
    run: async () => {
      const { asked, settings } = environment;
      if (!asked) return [withoutToken(line, settings.secret)];
      const place = await asked.place();
      if (place.kind !== "found")
        return [line.skipped("the environment was not found", "Mend launchdarkly.environment first.")];
      const read = await readMetrics(asked.askOnce, place.project);
      if (read.kind === "unknown") return [notSeen(line, read.answer, "viewing metrics (the role Reader)")];
      return [judge(read.metrics, place.project)];
    },
  };

  function judge(metrics: readonly Metric[], project: string): CheckLine {
    const kinds = kindsOf(sender.metrics);
    const active = metrics.filter(
      ({ kind, archived, eventKey }) => kind === "custom" && !archived && eventKey,
    );
    const counts = (metric: Metric): boolean => unitsOf(metric).some((unit) => kinds.includes(unit));
    const wanted = sender.metrics.only?.map((name) => sender.metrics.rename[name] ?? name);
    const ofWanted = (metric: Metric): boolean =>
      wanted === undefined || wanted.includes(metric.eventKey ?? "");
    const listening = active.filter(ofWanted);
    const counting = listening.filter(counts);
    const units = [...new Set(listening.flatMap(unitsOf))];
    if (listening.length === 0)
      return line.failed(
        wanted
          ? `no active metric of project ${project} listens to ${listed(wanted.map(quoted))}: LaunchDarkly takes the events and counts none`
          : `project ${project} has no active metric for custom events: LaunchDarkly takes the events and counts none`,
        "Create a metric of kind custom in LaunchDarkly, Metrics, whose event key is the name of an event that is sent.",
      );
    if (counting.length === 0)
      return line.failed(
        `the events are of context kind ${listed(kinds.map(quoted))}, and the metrics that listen to ${listed([...new Set(listening.map(({ eventKey }) => quoted(eventKey ?? "")))])} count ${listed(units.map(quoted))}: the events are visible and never counted`,
        `Add ${listed(kinds.map(quoted))} to the metrics' randomization units, or set contextKind of the connection's metrics to one of theirs.`,
      );
    const heard = new Set(counting.map(({ eventKey }) => eventKey ?? ""));
    const unheard = wanted?.filter((key) => !heard.has(key)) ?? [];
    if (unheard.length > 0)
      return line.warning(
        `metrics count ${listed([...heard].map(quoted))}, and none counts ${listed(unheard.map(quoted))}`,
        "Create metrics for these event keys, or take them out of `only`.",
      );
    return line.ok(
      `${counting.length === 1 ? "a metric listens" : `${counting.length} metrics listen`} to ${listed([...heard].map(quoted))} of context kind ${listed(kinds.map(quoted))}`,
    );
  }
}

/** Without the second kind of anonymous visitors, whom few metrics count. */
function kindsOf({ contextKeys, contextKind, eventSchema }: MetricsSettings): readonly string[] {
  if (eventSchema === 3) return ["user"];
  return contextKeys ? Object.keys(contextKeys) : [contextKind];
}

/** A metric that names none counts users. */
function unitsOf({ randomizationUnits }: Metric): readonly string[] {
  return randomizationUnits && randomizationUnits.length > 0 ? randomizationUnits : ["user"];
}

async function readMetrics(
  ask: Ask,
  project: string,
): Promise<
  | { readonly kind: "read"; readonly metrics: readonly Metric[] }
  | { readonly kind: "unknown"; readonly answer: NotTaken }
> {
  const metrics: Metric[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await ask({
      method: "GET",
      path: `/api/v2/metrics/${encodeURIComponent(project)}?limit=${PAGE}&offset=${page * PAGE}`,
      route: "/api/v2/metrics/{project}",
      maxAnswerBytes: MAX_PAGE_BYTES,
    });
    if (answer.kind !== "taken") return { kind: "unknown", answer };
    const { data } = metricsAnswer.safeParse(answer.json);
    if (!data)
      return { kind: "unknown", answer: { kind: "unreachable", why: "its answer is not as documented" } };
    metrics.push(...data.items);
    if (data.items.length < PAGE) break;
  }
  return { kind: "read", metrics };
}

function quoted(text: string): string {
  return `"${text}"`;
}
