import { expect, test } from "vitest";
import { readEnvironment } from "./env.ts";

const complete = {
  QUEUE_URL_PREFIX: "https://sqs/1/flagbridge-dev-",
  CURSORS_TABLE: "cursors",
  SECRET_PREFIX: "flagbridge/dev/",
  REQUEST_TIMEOUT_MS: "10000",
};

test("the environment is read, with the connections of the bundle", () => {
  expect(readEnvironment(complete, "/task")).toEqual({
    queueUrlPrefix: "https://sqs/1/flagbridge-dev-",
    cursorsTable: "cursors",
    secretPrefix: "flagbridge/dev/",
    connectionsFile: "/task/connections.json",
    requestTimeoutMs: 10_000,
  });
});

test("every variable that is missing is named at once", () => {
  expect(() => readEnvironment({}, "/task")).toThrow(
    /CURSORS_TABLE.*SECRET_PREFIX.*QUEUE_URL_PREFIX.*REQUEST_TIMEOUT_MS/,
  );
});
