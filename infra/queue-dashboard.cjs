"use strict";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html */
const SEARCH_CHARACTERS = 1_024;

/** So many queues a graph has room for as it is; from there on it grows with them. */
const QUEUES_AT_REST = 6;

/**
 * Fills in what infra/dashboard.yml leaves to the queues of connections.yml: a line for each queue where a widget has
 * `queues` (or `deadLetterQueues`) with the name of a metric, and where a metric is `{ searchQueues: … }` the sum of these
 * metrics over all queues. Graphs with a line for each queue are as much higher as there are more queues, and what is below
 * them moves down.
 */
function showQueues(body, queues) {
  const higher = Math.max(0, Math.ceil((queues.length - QUEUES_AT_REST) / 3));
  const rowsOfQueues = body.widgets.filter(isOfQueues).map(({ y }) => y);
  for (const widget of body.widgets) {
    widget.y += higher * new Set(rowsOfQueues.filter((y) => y < widget.y)).size;
    if (isOfQueues(widget)) {
      widget.height += higher;
      const { queues: metric, deadLetterQueues, ...properties } = widget.properties;
      widget.properties = {
        ...properties,
        metrics: queues.map(({ name, queueName, deadLetterQueueName }) => [
          "AWS/SQS",
          metric ?? deadLetterQueues,
          "QueueName",
          metric ? queueName : deadLetterQueueName,
          { label: name },
        ]),
      };
    } else if (widget.properties.metrics) {
      widget.properties.metrics = widget.properties.metrics.flatMap((metric) =>
        metric[0]?.searchQueues ? searched(metric[0], queues) : [metric],
      );
    }
  }
}

const isOfQueues = ({ properties }) =>
  properties.queues !== undefined || properties.deadLetterQueues !== undefined;

/** A SEARCH holds so many names and no more, so there are several, and their sum. */
function searched({ searchQueues, period, ...sum }, queues) {
  const searches = [];
  let names = [];
  for (const { queueName, deadLetterQueueName } of queues) {
    const more = [...names, queueName, deadLetterQueueName];
    if (names.length > 0 && search(searchQueues, more, period).length > SEARCH_CHARACTERS) {
      searches.push(names);
      names = [queueName, deadLetterQueueName];
    } else {
      names = more;
    }
  }
  searches.push(names);
  const parts = searches.map((some, index) => ({
    expression: search(searchQueues, some, period),
    id: `${sum.id}${index}`,
    visible: false,
  }));
  const expression = parts.map(({ id }) => id).join(" + ");
  return [...parts.map((part) => [part]), [{ expression, ...sum }]];
}

function search(metrics, names, period) {
  const oneOf = (key, values) => `(${values.map((value) => `${key}="${value}"`).join(" OR ")})`;
  return `SUM(SEARCH('{AWS/SQS,QueueName} ${oneOf("MetricName", metrics)} AND ${oneOf("QueueName", names)}', 'Sum', ${period}))`;
}

module.exports = { showQueues };
