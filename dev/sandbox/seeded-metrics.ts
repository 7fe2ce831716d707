import type { Connections } from "../../lib/connections/schema.ts";
import type { Metric, SeededMetrics } from "./metrics.ts";

/**
 * What LaunchDarkly counts from the start, so that the events of the documentation and of `dev/events` count: a metric for the event
 * `Order Completed` in each project that connections send metric events to, for the context kinds in which they do.
 */
export function seededMetrics({ connections, launchdarkly }: Connections): SeededMetrics {
  const kinds = new Map<string, Set<string>>();
  for (const { project } of Object.values(launchdarkly)) {
    if (project !== undefined) kinds.set(project, new Set());
  }
  for (const { metrics } of Object.values(connections)) {
    for (const name of metrics?.to ?? []) {
      const project = launchdarkly[name]?.project;
      if (metrics && project !== undefined) kinds.get(project)?.add(metrics.contextKind);
    }
  }
  return new Map([...kinds].map(([project, units]) => [project, units.size > 0 ? [ordersOf(units)] : []]));
}

function ordersOf(units: ReadonlySet<string>): Metric {
  return {
    key: "orders",
    name: "Orders",
    eventKey: "Order Completed",
    randomizationUnits: [...units].sort(),
    isNumeric: true,
    archived: false,
    activeExperimentCount: 1,
  };
}
