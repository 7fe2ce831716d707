import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/**
 * Writes one line of CloudWatch's embedded metric format per call: names ending in `Ms` are milliseconds, all
 * others counts; of a list every value counts. Each set of dimensions makes a metric of its own beside the function's
 * name (`{}`, or no set at all: the function as a whole), and each metric that had a value is paid for by the hour. So
 * sets have few values, and a value of 0 is not written.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
 */
export type RecordMetrics = (
  values: Readonly<Record<string, number | readonly number[]>>,
  ...dimensionSets: readonly Readonly<Record<string, string>>[]
) => void;

/** Connections with metrics of their own, the first of connections.yml; those after them share `other`. */
export const MAX_CONNECTIONS = 20;

/** Longest list of one metric: from 100 values on Powertools would cut a line in two. */
export const MAX_VALUES = 50;

/** Namespace and service come from Powertools' own environment variables. `connections`: their names. */
export function metricsTo(metrics: Metrics, connections: readonly string[]): RecordMetrics {
  const own = new Set(connections.slice(0, MAX_CONNECTIONS));
  return (values, ...dimensionSets) => {
    const written = Object.entries(values)
      .map(([name, value]) => ({ name, list: (typeof value === "number" ? [value] : value).filter(isNews) }))
      .filter(({ list }) => list.length > 0);
    if (written.length === 0) return;
    for (const { name, list } of written) {
      const unit = name.endsWith("Ms") ? MetricUnit.Milliseconds : MetricUnit.Count;
      for (const value of list) metrics.addMetric(name, unit, value);
    }
    for (const { connection, ...rest } of dimensionSets) {
      metrics.addDimensions({
        ...rest,
        ...(connection !== undefined && { connection: own.has(connection) ? connection : "other" }),
      });
    }
    metrics.publishStoredMetrics();
  };
}

function isNews(value: number): boolean {
  return value !== 0;
}

/** At most {@link MAX_VALUES} of the values, evenly spaced by rank with the least and the largest: their percentiles. */
export function quantilesOf(values: readonly number[]): readonly number[] {
  const sorted = new Float64Array(values).sort();
  if (sorted.length <= MAX_VALUES) return [...sorted];
  return Array.from(
    { length: MAX_VALUES },
    (_, rank) => sorted[Math.round((rank * (sorted.length - 1)) / (MAX_VALUES - 1))] ?? 0,
  );
}
