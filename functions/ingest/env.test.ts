import { describe, expect, test } from "vitest";
import { readEnvironment } from "./env.ts";

const right = {
  AUDIENCE_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/q",
  METRIC_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/m",
  FLAG_CHANGE_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/f",
  REPLAYS_TABLE: "flagbridge-dev-replays",
  SECRET_PREFIX: "flagbridge/dev/",
};

describe("the environment of ingest", () => {
  test("that is right is read, with the connections beside the bundle", () => {
    expect(readEnvironment(right, "/var/task/dist")).toEqual({
      audienceQueueUrl: right.AUDIENCE_QUEUE_URL,
      metricQueueUrl: right.METRIC_QUEUE_URL,
      flagChangeQueueUrl: right.FLAG_CHANGE_QUEUE_URL,
      replaysTable: "flagbridge-dev-replays",
      secretPrefix: "flagbridge/dev/",
      connectionsFile: "/var/task/dist/connections.json",
    });
  });

  test("may name another file of connections", () => {
    expect(readEnvironment({ ...right, CONNECTIONS_FILE: "/tmp/c.json" }, "/var/task").connectionsFile).toBe(
      "/tmp/c.json",
    );
  });

  test("that is not right is refused with every problem and no value", () => {
    expect(() =>
      readEnvironment({ AUDIENCE_QUEUE_URL: "hunter2", CONNECTIONS_FILE: "" }, "/var/task"),
    ).toThrow(
      "The environment of this function is not right: " +
        "AUDIENCE_QUEUE_URL: expected the URL of the audience-operations queue; " +
        "METRIC_QUEUE_URL: expected the URL of the metric-events queue; " +
        "FLAG_CHANGE_QUEUE_URL: expected the URL of the flag-changes queue; " +
        "REPLAYS_TABLE: expected the name of the table of replays; " +
        "SECRET_PREFIX: expected what stands before the name of every secret, for example flagbridge/dev/; " +
        "CONNECTIONS_FILE: expected a path, or not to be set",
    );
  });
});
