"use strict";

/**
 * While a function runs in `sls invoke local`, what it logs and measures goes to stderr, so that stdout is the result alone:
 * both are lines of JSON on stdout, as Lambda wants them. A metric is shown by its name and value; the line for CloudWatch
 * around it repeats every name, unit and namespace.
 *
 * Returns a function that ends this.
 */
function separateOutput({ stdout, stderr }) {
  const write = stdout.write;
  stdout.write = (chunk, ...rest) => {
    const shown = shownOnStderr(String(chunk));
    return shown === undefined ? write.call(stdout, chunk, ...rest) : stderr.write(shown, ...rest);
  };
  return () => {
    stdout.write = write;
  };
}

/** What a function wrote, for stderr; undefined for what is the result, which sls writes over several lines. */
function shownOnStderr(text) {
  const lines = text.trimEnd().split("\n").map(parsedLine);
  if (!lines.every((line) => line !== undefined)) return undefined;
  return lines.map((line) => `${line._aws === undefined ? line.text : metricsOf(line)}\n`).join("");
}

/** A line of Powertools: of its logger, or metrics in the embedded format. */
function parsedLine(text) {
  if (!text.startsWith("{")) return undefined;
  try {
    const { _aws, level, timestamp, ...values } = JSON.parse(text);
    if (_aws !== undefined) return { _aws, values };
    return typeof level === "string" && typeof timestamp === "string" ? { text } : undefined;
  } catch {
    return undefined;
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function metricsOf({ _aws, values }) {
  const [{ Metrics: metrics = [], Dimensions: [dimensions = []] = [] } = {}] = _aws.CloudWatchMetrics ?? [];
  const fields = [...dimensions, ...metrics.map(({ Name }) => Name)];
  return `metrics: ${fields.map((name) => `${name}=${values[name]}`).join(" ")}`;
}

module.exports = { separateOutput, shownOnStderr };
