import { describe, expect, test } from "vitest";
import { batchOutcome, recordOf } from "./sqs-event.ts";

const batch = ["1", "2", "3"].map((id) =>
  recordOf(
    {
      MessageId: id,
      ReceiptHandle: `handle-${id}`,
      Body: "",
      MD5OfBody: "",
      Attributes: {},
      MessageAttributes: {},
    },
    "arn",
  ),
);

function processed(result: unknown): unknown {
  const outcome = batchOutcome(batch, result);
  return outcome.kind === "processed" ? outcome.records.map(({ messageId }) => messageId) : outcome.kind;
}

describe("a batch is processed", () => {
  test.each([
    ["an empty list of failures", { batchItemFailures: [] }],
    ["a null list of failures", { batchItemFailures: null }],
    ["an empty object", {}],
    ["null", null],
  ])("all of it, by %s", (_, result) => {
    expect(processed(result)).toEqual(["1", "2", "3"]);
  });

  test("but for the messages that the answer names, also when it names one twice", () => {
    expect(processed({ batchItemFailures: [{ itemIdentifier: "2" }, { itemIdentifier: "2" }] })).toEqual([
      "1",
      "3",
    ]);
  });
});

test.each([
  ["a text", "done"],
  ["an unknown message", { batchItemFailures: [{ itemIdentifier: "1" }, { itemIdentifier: "nobody" }] }],
  ["an empty identifier", { batchItemFailures: [{ itemIdentifier: "" }] }],
  ["a null identifier", { batchItemFailures: [{ itemIdentifier: null }] }],
  ["another name for the identifier", { batchItemFailures: [{ id: "1" }] }],
  ["failures that are no list", { batchItemFailures: "all" }],
])("nothing of a batch is processed by an answer with %s", (_, result) => {
  expect(processed(result)).toBe("unusable");
});

test("a record carries text and binary attributes of the message", () => {
  const record = recordOf(
    {
      MessageId: "1",
      ReceiptHandle: "h",
      Body: "b",
      MD5OfBody: "m",
      Attributes: { SentTimestamp: "1" },
      MessageAttributes: {
        text: { DataType: "String", StringValue: "s" },
        bytes: { DataType: "Binary", BinaryValue: "AA==" },
      },
    },
    "arn",
  );

  expect(record.messageAttributes).toEqual({
    text: { dataType: "String", stringValue: "s", stringListValues: [], binaryListValues: [] },
    bytes: { dataType: "Binary", binaryValue: "AA==", stringListValues: [], binaryListValues: [] },
  });
});
