import middy from "@middy/core";
import type { Context, SQSEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { QUEUE_VISIBILITY_MS } from "../lib/delivery/closed-batch.ts";
import { deliveryOf } from "../lib/delivery/copied-record.ts";
import type { Closed } from "../lib/http/breaker.ts";
import { queuedRecord } from "../test/support/queued-record.ts";
import { httpSession } from "./http-session.ts";
import { type QueueContext, type QueueResult, type SettleSettings, settleRecords } from "./settle-records.ts";

// The middlewares add the rest of the context.
const context = { getRemainingTimeInMillis: () => 60_000 } as Context as QueueContext;

function chainAround(
  work: (event: SQSEvent, context: QueueContext) => QueueResult,
  settings: Partial<SettleSettings> = {},
) {
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
        ...settings,
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

/** The answer to a batch that met a closed destination, and what was told on the way. */
async function putBack(closed: Closed, unread: "all" | "none" = "all") {
  const told: { lines: unknown[]; metrics: unknown[]; visibility: unknown[] } = {
    lines: [],
    metrics: [],
    visibility: [],
  };
  const ignore = (): void => {};
  const result = ({ Records }: SQSEvent) => ({
    closed,
    putBack: unread === "all" ? Records : [],
    outcomes: [],
  });
  const work = chainAround(result, {
    queues: {
      sendToQueue: async () => [],
      setVisibility: async (queueUrl, items) => {
        told.visibility.push(...items.map((item) => ({ queueUrl, ...item })));
        return items.map(() => ({ kind: "confirmed" as const }));
      },
    },
    log: { info: (...line) => told.lines.push(line), warn: ignore, error: ignore },
    recordMetrics: (...metrics) => told.metrics.push(metrics),
  });
  const answer = await work(eventFrom(PRODUCTION, PRODUCTION), context);
  return { answer, ...told };
}

describe("a batch whose destination is closed", () => {
  const soon: Closed = { why: "destination-silent", untilMs: 60_000 };
  const late: Closed = { why: "credential-refused", untilMs: QUEUE_VISIBILITY_MS + 1 };

  test.each([soon, late])("comes again as a whole: $why", async (closed) => {
    const { answer } = await putBack(closed);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "0" }, { itemIdentifier: "1" }] });
  });

  test("comes again when its destination is asked again, if that is before its queue would bring it", async () => {
    const queueUrl = `https://sqs.test/1/${PRODUCTION}`;
    expect((await putBack(soon)).visibility).toEqual([
      { queueUrl, receiptHandle: "0", seconds: 60 },
      { queueUrl, receiptHandle: "1", seconds: 60 },
    ]);
  });

  test("costs no call to SQS if its queue brings it earlier", async () => {
    expect((await putBack(late)).visibility).toEqual([]);
  });

  test("says so in its line, by when and why, and in a metric of its destination", async () => {
    const { lines, metrics } = await putBack(soon);
    expect(lines).toEqual([
      [
        "audience.flushed",
        expect.objectContaining({
          destination: "production",
          messages: 2,
          retried: { "destination-silent": 2 },
          closed: { why: "destination-silent", until: "1970-01-01T00:01:00.000Z" },
        }),
      ],
    ]);
    expect(metrics).toContainEqual([{ DestinationClosed: 1 }, { destination: "production" }]);
  });

  test("says so too if it closed only while the batch was worked on, of which nothing is put back unread", async () => {
    const { answer, lines, metrics } = await putBack(late, "none");
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(lines).toMatchObject([["audience.flushed", { closed: { why: "credential-refused" } }]]);
    expect(metrics).toContainEqual([{ DestinationClosed: 1 }, { destination: "production" }]);
  });
});

test("nothing is copied so late that the function could be killed before the originals are done", async () => {
  const sent: unknown[] = [];
  const sendToQueue = async (_url: string, entries: readonly unknown[]) => {
    sent.push(...entries);
    return entries.map(() => ({ kind: "confirmed" as const }));
  };
  const [record] = eventFrom(PRODUCTION).Records;
  if (!record) throw new Error("the event has no record");
  const work = chainAround(
    () => [
      {
        ...deliveryOf(record),
        connection: "one",
        fates: [{ kind: "retry", reason: "launchdarkly-401", delay: { kind: "configuration" } }],
        bodyOf: () => "{}",
      },
    ],
    { queues: { sendToQueue, setVisibility: async () => [] } },
  );
  // The middlewares add the rest of the context.
  const late = { getRemainingTimeInMillis: () => 499 } as Context as QueueContext;
  expect(await work(eventFrom(PRODUCTION), late)).toEqual({ batchItemFailures: [{ itemIdentifier: "0" }] });
  expect(sent).toEqual([]);
  expect(await work(eventFrom(PRODUCTION), context)).toEqual({ batchItemFailures: [] });
  expect(sent).toHaveLength(1);
});
