import { spawn } from "node:child_process";
import diagnosticsChannel from "node:diagnostics_channel";
import { once } from "node:events";
import { join } from "node:path";
import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";
import { type Queues, startQueues } from "./queues.ts";

const toStop: { stop: () => Promise<void> }[] = [];
const folders: TemporaryFolder[] = [];
afterEach(async () => {
  for (const one of toStop.splice(0)) await one.stop();
  for (const folder of folders.splice(0)) await folder.remove();
});

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder();
  folders.push(folder);
  return folder.path;
}

async function open(directory?: string, visibilityTimeoutSeconds = 61) {
  const queues = await startQueues({
    definitions: [{ name: "work", deadLetters: "work-dead", visibilityTimeoutSeconds }],
    directory,
  });
  const client = new SQSClient({
    endpoint: queues.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  toStop.push({
    stop: async () => {
      client.destroy();
      await queues.stop();
    },
  });
  return { queues, client };
}

async function send({ queues, client }: Opened, body: string): Promise<void> {
  await client.send(new SendMessageCommand({ QueueUrl: queues.url("work"), MessageBody: body }));
}

type Opened = { queues: Queues; client: SQSClient };

async function receive({ queues, client }: Opened) {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queues.url("work"),
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
    }),
  );
  return messages;
}

async function changeVisibility({ queues, client }: Opened, handle: string | undefined, seconds: number) {
  const answer = await client.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queues.url("work"),
      Entries: [{ Id: "1", ReceiptHandle: handle, VisibilityTimeout: seconds }],
    }),
  );
  expect(answer.Failed ?? []).toEqual([]);
}

test("a queue has its visibility timeout, 14 days of retention, and its dead-letter queue as a backstop", async () => {
  const { queues, client } = await open();

  const { Attributes: attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queues.url("work"), AttributeNames: ["All"] }),
  );

  expect(attributes).toMatchObject({ VisibilityTimeout: "61", MessageRetentionPeriod: "1209600" });
  expect(JSON.parse(attributes?.RedrivePolicy ?? "")).toEqual({
    deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:work-dead",
    maxReceiveCount: 1000,
  });
});

test("the counts tell what waits, what is in flight and what is dead", async () => {
  const opened = await open();
  await send(opened, "a");
  await receive(opened);
  await send(opened, "b");
  await opened.client.send(
    new SendMessageCommand({ QueueUrl: opened.queues.url("work-dead"), MessageBody: "c" }),
  );

  expect(await opened.queues.counts()).toEqual([
    { name: "work", waiting: 1, inFlight: 1, deadLetters: 1, oldestSeconds: expect.any(Number) },
  ]);
});

test.each([
  ["192.168.1.5", true],
  ["::ffff:10.0.0.1", true],
  ["127.0.0.1", false],
])("a caller from %s is shut out: %s", async (remoteAddress, isShutOut) => {
  const { queues } = await open();
  let wasDestroyed = false;
  const socket = {
    localPort: Number(new URL(queues.endpoint).port),
    remoteAddress,
    destroy: () => {
      wasDestroyed = true;
    },
  };

  diagnosticsChannel.channel("net.server.socket").publish({ socket });

  expect(wasDestroyed).toBe(isShutOut);
});

describe.each([
  ["in memory", async () => undefined],
  ["in a directory", newFolder],
])("the visibility of a message is set to 0 %s", (_, directory) => {
  test("it is visible at once, and its receives are still counted", async () => {
    const opened = await open(await directory());
    await send(opened, "a");
    const [first] = await receive(opened);

    await changeVisibility(opened, first?.ReceiptHandle, 0);

    expect(await receive(opened)).toMatchObject([
      { Body: "a", Attributes: { ApproximateReceiveCount: "2" } },
    ]);
  });
});

describe("a directory keeps the queues", () => {
  test("another visibility timeout applies to the messages of the run before", async () => {
    const directory = await newFolder();
    await send(await open(directory), "a");
    await toStop.pop()?.stop();

    const { queues, client } = await open(directory, 65);

    const { Attributes: attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queues.url("work"), AttributeNames: ["VisibilityTimeout"] }),
    );
    expect(attributes).toEqual({ VisibilityTimeout: "65" });
    expect(await receive({ queues, client })).toMatchObject([{ Body: "a" }]);
  });

  test("the messages of a queue that nobody asks for any more are told of, and come back with it", async () => {
    const directory = await newFolder();
    await send(await open(directory), "a");
    await toStop.pop()?.stop();

    const without = await startQueues({ definitions: [], directory });
    expect(without.leftOver).toEqual([{ name: "work", messages: 1 }]);
    await without.stop();

    const again = await open(directory);
    expect(again.queues.leftOver).toEqual([]);
    expect(await receive(again)).toMatchObject([{ Body: "a" }]);
  });

  test("kill -9 loses nothing, and what was in flight comes back when its time is up", async () => {
    const directory = await newFolder();
    await sendReceiveAndDie(directory);

    const opened = await open(directory);
    const atOnce = await receive(opened);
    expect(atOnce.map(({ Body }) => Body)).toEqual(["waiting"]);

    await expect
      .poll(() => receive(opened), { timeout: 4_000, interval: 100 })
      .toMatchObject([{ Body: "in flight", Attributes: { ApproximateReceiveCount: "2" } }]);
  });
});

/** A process that sends two messages, has one of them in flight for two seconds, and is killed. */
async function sendReceiveAndDie(directory: string): Promise<void> {
  const program = `
    import { startQueues } from ${JSON.stringify(join(import.meta.dirname, "queues.ts"))};
    import { callAws } from ${JSON.stringify(join(import.meta.dirname, "aws-call.ts"))};
    const queues = await startQueues({
      definitions: [{ name: "work", deadLetters: "work-dead", visibilityTimeoutSeconds: 2 }],
      directory: ${JSON.stringify(directory)},
    });
    const call = (operation, input) => callAws({
      endpoint: queues.endpoint, target: "AmazonSQS." + operation, input: { QueueUrl: queues.url("work"), ...input } });
    await call("SendMessage", { MessageBody: "in flight" });
    await call("ReceiveMessage", {});
    await call("SendMessage", { MessageBody: "waiting" });
    console.log("done");
  `;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}
