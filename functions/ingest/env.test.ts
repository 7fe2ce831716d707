import { describe, expect, test } from "vitest";
import { readEnvironment } from "./env.ts";

const right = {
  QUEUE_URL_PREFIX: "https://sqs.eu-west-1.amazonaws.com/1/flagbridge-dev-",
  REPLAYS_TABLE: "flagbridge-dev-replays",
  SECRET_PREFIX: "flagbridge/dev/",
};

describe("the environment of ingest", () => {
  test("that is right is read, with the connections beside the bundle", () => {
    expect(readEnvironment(right, "/var/task/dist")).toEqual({
      queueUrlPrefix: right.QUEUE_URL_PREFIX,
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
    expect(() => readEnvironment({ QUEUE_URL_PREFIX: "hunter2", CONNECTIONS_FILE: "" }, "/var/task")).toThrow(
      "The environment of this function is not right: " +
        "REPLAYS_TABLE: expected the name of the table of replays; " +
        "SECRET_PREFIX: expected what stands before the name of every secret, for example flagbridge/dev/; " +
        "QUEUE_URL_PREFIX: expected what stands before the name of every queue in its URL, for example https://sqs.eu-west-1.amazonaws.com/123456789012/flagbridge-dev-; " +
        "CONNECTIONS_FILE: expected a path, or not to be set",
    );
  });
});
