import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/**
 * Writes one line of CloudWatch's embedded metric format per call: names ending in `Ms` are milliseconds, all
 * others counts. `dimensions` must have few values: each combination is a metric that is paid for.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
 */
export type RecordMetrics = (
  values: Readonly<Record<string, number>>,
  dimensions?: Readonly<Record<string, string>>,
) => void;

/** Namespace and service come from Powertools' own environment variables. */
export function createMetrics(): RecordMetrics {
  const metrics = new Metrics();
  return (values, dimensions = {}) => {
    for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
    for (const [name, value] of Object.entries(values)) {
      metrics.addMetric(name, name.endsWith("Ms") ? MetricUnit.Milliseconds : MetricUnit.Count, value);
    }
    metrics.publishStoredMetrics();
  };
}
