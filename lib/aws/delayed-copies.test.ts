import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { receivedMessage, recordOf } from "../../dev/sqs-event.ts";
import { type LocalQueue, startLocalQueue } from "../../test/support/local-queue.ts";
import { deliveryOf, type QueuedRecord } from "../delivery/copied-record.ts";
import { type Fate, retryWithBackoff } from "../delivery/fate.ts";
import { agedFate } from "../delivery/settle.ts";
import { settleOn } from "../delivery/settle-queues.ts";
import { createQueues, createSqsClient } from "./sqs.ts";

const NAMES = ["operations", "operations-dead-letters"];
const DAY_MS = 86_400_000;
let local: LocalQueue;
beforeAll(async () => {
  local = await startLocalQueue(NAMES);
});
beforeEach(() => {
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", local.endpoint);
});
afterEach(() => {
  vi.unstubAllEnvs();
  local.clear();
});
afterAll(() => local.stop());

async function receive(waitSeconds = 0): Promise<readonly QueuedRecord[]> {
  const client = createSqsClient(10_000);
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: local.queueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
      WaitTimeSeconds: waitSeconds,
    }),
  );
  client.destroy();
  return Messages.map((message) => {
    const { attributes, messageAttributes: _, ...record } = recordOf(receivedMessage.parse(message), "arn");
    const {
      ApproximateReceiveCount = "",
      ApproximateFirstReceiveTimestamp = "",
      SentTimestamp = "",
    } = attributes;
    return {
      ...record,
      attributes: { ApproximateReceiveCount, ApproximateFirstReceiveTimestamp, SentTimestamp },
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue }]) => [
          name,
          { stringValue: StringValue },
        ]),
      ),
    };
  });
}

function settle(records: readonly QueuedRecord[], fate: Fate, nowMs = Date.now()) {
  const outcomes = records.map((record) => {
    const delivery = deliveryOf(record);
    const fates = [agedFate(fate, delivery.queuedAtMs, nowMs)];
    return { ...delivery, connection: "cdp", fates, bodyOf: () => record.body };
  });
  return settleOn(outcomes, {
    queues: createQueues(createSqsClient()),
    queueUrl: local.queueUrl,
    deadLetterQueueUrl: `${local.queueUrl}-dead-letters`,
    service: "launchdarkly",
    noteUnconfirmed: (url, codes) => {
      throw new Error(`${url} ${JSON.stringify(codes)}`);
    },
    mayCopy: () => true,
    nowMs,
    random: () => 0,
  });
}

const send = (bodies: readonly string[]) =>
  createQueues(createSqsClient()).sendToQueue(
    local.queueUrl,
    bodies.map((body) => ({ body })),
  );

test("a copy comes after its delay, and knows what its original knew", { timeout: 20_000 }, async () => {
  await send(["{}"]);
  const [original] = await receive();
  if (!original) throw new Error("the message was not received");
  const known = deliveryOf(original);
  // Old enough to be renewed: the shortest delay is 2 s.
  const old = { ...original, attributes: { ...original.attributes, ApproximateReceiveCount: "950" } };
  const soon: Fate = { kind: "retry", reason: "segment-busy", delay: { kind: "soon" } };
  expect(await settle([old], soon)).toEqual({ batchItemFailures: [] });
  expect(await receive()).toEqual([]);
  const [copy] = await receive(8);
  if (!copy) throw new Error("the copy was not received");
  const { queuedAtMs, firstReceivedAtMs } = known;
  expect(deliveryOf(copy)).toMatchObject({
    receives: 1,
    earlierReceives: 950,
    queuedAtMs,
    firstReceivedAtMs,
  });
  expect(deliveryOf(copy).sentAtMs).toBeGreaterThanOrEqual(queuedAtMs);
});

test("of sixty messages that a person moved back none dies of a limit, nor of a failure in their first days", async () => {
  await send(Array.from({ length: 60 }, () => JSON.stringify({ acceptedAt: Date.now() - 13 * DAY_MS })));
  for (let turn = 0; turn < 6; turn += 1) {
    const records = await receive();
    expect(records).toHaveLength(10);
    await settle(records.slice(0, 5), retryWithBackoff("rate-limited"));
    await settle(records.slice(5), retryWithBackoff("launchdarkly-503", Date.now() + 600_000));
  }
  expect(local.messages().filter(({ attributes }) => attributes.reason !== undefined)).toEqual([]);
});

test("a message that still fails twelve days after it was queued is a dead letter without a copy's attributes", async () => {
  await send(["{}"]);
  await settle(await receive(), retryWithBackoff("launchdarkly-503"), Date.now() + 13 * DAY_MS);
  const [letter] = local.messages().filter(({ attributes }) => attributes.reason !== undefined);
  expect(letter?.attributes).toMatchObject({ reason: "undeliverable" });
  expect(Object.keys(letter?.attributes ?? {})).not.toContain("queuedAt");
});
