import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Queues, queueArn, startQueues } from "./queues.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };
const DEAD = queueArn("work-dead");
const WORK = queueArn("work");

let queues: Queues;
let client: SQSClient;

beforeEach(async () => {
  queues = await startQueues({
    definitions: [
      { name: "work", deadLetters: "work-dead", visibilityTimeoutSeconds: 60 },
      { name: "other", deadLetters: "other-dead", visibilityTimeoutSeconds: 60 },
    ],
  });
  client = new SQSClient({
    endpoint: queues.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await queues.stop();
});

async function bury(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queues.url("work-dead"),
        MessageBody: `letter-${number}`,
        MessageAttributes: { reason: { DataType: "String", StringValue: "refused" } },
      }),
    );
  }
}

const start = (order: { from?: string; to?: string | undefined; perSecond?: number } = {}) =>
  client.send(
    new StartMessageMoveTaskCommand({
      SourceArn: order.from ?? DEAD,
      DestinationArn: "to" in order ? order.to : WORK,
      MaxNumberOfMessagesPerSecond: order.perSecond,
    }),
  );

async function tasks(most?: number) {
  const { Results: results = [] } = await client.send(
    new ListMessageMoveTasksCommand({ SourceArn: DEAD, MaxResults: most }),
  );
  return results;
}

const statuses = async (most?: number) => (await tasks(most)).map(({ Status }) => Status);

describe("a message move task", () => {
  test("moves every dead letter with its body and attributes, and says how many", async () => {
    await bury(23);
    const { TaskHandle: handle } = await start();

    expect(handle).toMatch(/./);
    await expect.poll(() => statuses(), patiently).toEqual(["COMPLETED"]);
    expect(await tasks()).toEqual([
      expect.objectContaining({
        SourceArn: DEAD,
        DestinationArn: WORK,
        ApproximateNumberOfMessagesMoved: 23,
        ApproximateNumberOfMessagesToMove: 23,
      }),
    ]);
    expect(await queues.counts()).toMatchObject([{ name: "work", waiting: 23, deadLetters: 0 }, {}]);
    const { Messages: [message] = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queues.url("work"), MessageAttributeNames: ["All"] }),
    );
    expect(message).toMatchObject({
      Body: expect.stringMatching(/^letter-/),
      MessageAttributes: { reason: { DataType: "String", StringValue: "refused" } },
    });
  });

  test("moves what somebody has just looked at without taking it out of sight", async () => {
    await bury(3);
    const look = new ReceiveMessageCommand({
      QueueUrl: queues.url("work-dead"),
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
    });
    expect((await client.send(look)).Messages).toHaveLength(3);

    await start();

    await expect.poll(() => statuses(), patiently).toEqual(["COMPLETED"]);
    expect(await queues.counts()).toMatchObject([{ waiting: 3, deadLetters: 0 }, {}]);
  });

  test("fails without a destination, because functions and not SQS put the messages there", async () => {
    await bury(1);
    await start({ to: undefined });

    await expect.poll(() => statuses(), patiently).toEqual(["FAILED"]);
    expect(await tasks()).toMatchObject([{ FailureReason: "CouldNotDetermineMessageSource" }]);
    expect(await queues.counts()).toMatchObject([{ waiting: 0, deadLetters: 1 }, {}]);
  });

  test("keeps to its rate, allows no second one beside it, and ends when it is cancelled", async () => {
    await bury(5);
    const { TaskHandle: handle } = await start({ perSecond: 1 });

    await expect(start()).rejects.toMatchObject({
      message: expect.stringContaining("already a task running"),
    });
    await client.send(new CancelMessageMoveTaskCommand({ TaskHandle: handle }));
    await expect.poll(() => statuses(), patiently).toEqual(["CANCELLED"]);

    await expect(client.send(new CancelMessageMoveTaskCommand({ TaskHandle: handle }))).rejects.toMatchObject(
      { name: "UnsupportedOperation" },
    );
    const [cancelled] = await tasks();
    await start();
    await expect.poll(() => statuses(10), patiently).toEqual(["COMPLETED", "CANCELLED"]);
    const [last] = await tasks();
    expect(
      Number(cancelled?.ApproximateNumberOfMessagesMoved) + Number(last?.ApproximateNumberOfMessagesMoved),
    ).toBe(5);
  });

  test.each([
    ["a queue that is no dead-letter queue", { from: WORK, to: DEAD }, "Dead Letter Queue"],
    ["a queue that is not there", { from: queueArn("nowhere") }, "SourceArn"],
    ["a destination that is not there", { to: queueArn("nowhere") }, "DestinationArn"],
    ["a rate over 500", { perSecond: 501 }, "MaxNumberOfMessagesPerSecond"],
  ])("is refused for %s", async (_, order, named) => {
    await expect(start(order)).rejects.toMatchObject({ message: expect.stringContaining(named) });
    expect(await tasks()).toEqual([]);
  });
});

test("two stacks of one process have tasks of their own", async () => {
  const other = await startQueues({
    definitions: [{ name: "mine", deadLetters: "mine-dead", visibilityTimeoutSeconds: 60 }],
  });
  await bury(1);
  await start();
  await expect.poll(() => statuses(), patiently).toEqual(["COMPLETED"]);
  await other.stop();
});
