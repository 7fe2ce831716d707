import middy from "@middy/core";
import type { Context, SQSEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { httpSession } from "./http-session.ts";
import { type QueueContext, type QueueResult, settleRecords } from "./settle-records.ts";

// The middlewares add the rest of the context.
const context = { getRemainingTimeInMillis: () => 60_000 } as Context as QueueContext;

function chainAround(work: () => QueueResult) {
  const ignore = (): void => {};
  return middy<SQSEvent, QueueResult, Error, QueueContext>()
    .use(httpSession())
    .use(
      settleRecords({
        queues: { sendToQueue: async () => [], setVisibility: async () => [] },
        queueUrl: "queue",
        deadLetterQueueUrl: "dead-letters",
        destination: "launchdarkly",
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

test("a batch of which the work says nothing fails as a whole, so that SQS deletes none of it", async () => {
  await expect(chainAround(() => ({ batchItemFailures: [] }))({ Records: [] }, context)).rejects.toThrow(
    "no outcomes",
  );
});

test("a batch of which every record is settled is answered record by record", async () => {
  expect(await chainAround(() => [])({ Records: [] }, context)).toEqual({ batchItemFailures: [] });
});
