import middy from "@middy/core";
import type { Context, SQSEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { queuedRecord } from "../test/support/queued-record.ts";
import { httpSession } from "./http-session.ts";
import { type QueueContext, type QueueResult, settleRecords } from "./settle-records.ts";

// The middlewares add the rest of the context.
const context = { getRemainingTimeInMillis: () => 60_000 } as Context as QueueContext;

function chainAround(work: (event: SQSEvent, context: QueueContext) => QueueResult) {
  const ignore = (): void => {};
  return middy<SQSEvent, QueueResult, Error, QueueContext>()
    .use(httpSession())
    .use(
      settleRecords({
        queues: { sendToQueue: async () => [], setVisibility: async () => [] },
        queueUrlPrefix: "https://sqs.test/1/flagbridge-test-",
        kind: "audience-operations",
        service: "launchdarkly",
        event: "audience.flushed",
        reserveMs: 1_000,
        now: () => 0,
        random: () => 0,
        log: { info: ignore, warn: ignore, error: ignore },
        recordMetrics: ignore,
      }),
    )
    .handler(work);
}

function eventFrom(...queueNames: readonly string[]): SQSEvent {
  return {
    Records: queueNames.map((queueName, number) => queuedRecord("{}", { id: String(number), queueName })),
  };
}

const PRODUCTION = "flagbridge-test-audience-operations-production";

test("a batch of which the work says nothing fails as a whole, so that SQS deletes none of it", async () => {
  const work = chainAround(() => ({ batchItemFailures: [] }));
  await expect(work(eventFrom(PRODUCTION), context)).rejects.toThrow("no outcomes");
});

test("a batch of which every record is settled is answered record by record", async () => {
  expect(await chainAround(() => [])(eventFrom(PRODUCTION), context)).toEqual({ batchItemFailures: [] });
});

test("the work is told whom the batch is for, and from which queue it came", async () => {
  const told: Pick<QueueContext, "destination" | "queueUrl">[] = [];
  const work = chainAround((_, { destination, queueUrl }) => {
    told.push({ destination, queueUrl });
    return [];
  });
  await work(eventFrom(PRODUCTION, PRODUCTION), context);
  expect(told).toEqual([{ destination: "production", queueUrl: `https://sqs.test/1/${PRODUCTION}` }]);
});

test.each([
  ["of another kind of queue", ["flagbridge-test-metric-events-production"]],
  ["of another stage", ["flagbridge-prod-audience-operations-production"]],
  ["of two queues", [PRODUCTION, "flagbridge-test-audience-operations-staging"]],
])("a batch %s fails as a whole and says which queue was expected", async (_name, queueNames) => {
  await expect(chainAround(() => [])(eventFrom(...queueNames), context)).rejects.toThrow(
    /expected records of one queue flagbridge-test-audience-operations-<destination>, found "arn:/,
  );
});
