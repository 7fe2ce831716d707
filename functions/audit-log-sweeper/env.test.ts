import { expect, test } from "vitest";
import { readEnvironment } from "./env.ts";

const complete = {
  QUEUE_URL: "https://sqs/queue",
  CURSORS_TABLE: "cursors",
  SECRET_PREFIX: "flagbridge/dev/",
  REQUEST_TIMEOUT_MS: "10000",
};

test("the environment is read, with the connections of the bundle", () => {
  expect(readEnvironment(complete, "/task")).toEqual({
    queueUrl: "https://sqs/queue",
    cursorsTable: "cursors",
    secretPrefix: "flagbridge/dev/",
    connectionsFile: "/task/connections.json",
    requestTimeoutMs: 10_000,
  });
});

test("every variable that is missing is named at once", () => {
  expect(() => readEnvironment({}, "/task")).toThrow(
    /QUEUE_URL.*CURSORS_TABLE.*SECRET_PREFIX.*REQUEST_TIMEOUT_MS/,
  );
});
