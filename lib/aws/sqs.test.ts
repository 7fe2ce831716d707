import { hash } from "node:crypto";
import { createServer } from "node:http";
import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
  SQSServiceException,
} from "@aws-sdk/client-sqs";
import { HttpRequest } from "@smithy/core/protocols";
import { type AwsClientStub, mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { listenOnLoopback } from "../../dev/listen.ts";
import { stubAws } from "../../test/support/aws-environment.ts";
import { type LocalQueue, startLocalQueue } from "../../test/support/local-queue.ts";
import { createQueues, createSqsClient } from "./sqs.ts";

beforeEach(() => {
  stubAws();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const confirmed = { kind: "confirmed" } as const;

describe("on a real queue", () => {
  let queue: LocalQueue;
  let receiver: SQSClient;
  beforeAll(async () => {
    queue = await startLocalQueue();
    receiver = new SQSClient({
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
      endpoint: queue.endpoint,
    });
  });
  beforeEach(() => {
    vi.stubEnv("AWS_ENDPOINT_URL_SQS", queue.endpoint);
  });
  afterEach(() => queue.clear());
  afterAll(async () => {
    receiver.destroy();
    await queue.stop();
  });

  test("nothing sends nothing", async () => {
    expect(await createQueues(createSqsClient()).sendToQueue(queue.queueUrl, [])).toEqual([]);
  });

  test("more entries than one call takes are all sent, with their attributes", async () => {
    const entries = Array.from({ length: 23 }, (_, index) => ({
      body: `body ${index}`,
      attributes: { reason: `r${index}` },
    }));
    expect(await createQueues(createSqsClient()).sendToQueue(queue.queueUrl, entries)).toEqual(
      entries.map(() => confirmed),
    );
    expect(queue.messages().toSorted((a, b) => Number(a.body.slice(5)) - Number(b.body.slice(5)))).toEqual(
      entries,
    );
  });

  test("a message that names a group is taken like any other", async () => {
    const entries = [{ body: "a", groupId: "one.b_c-d" }, { body: "b" }];
    expect(await createQueues(createSqsClient()).sendToQueue(queue.queueUrl, entries)).toEqual(
      entries.map(() => confirmed),
    );
  });

  test("ten messages of 60 KB go in one call, and more bytes than one call takes in several", async () => {
    const entries = Array.from({ length: 12 }, (_, index) => ({
      body: String(index % 10).repeat(index < 10 ? 60_000 : 900_000),
    }));
    expect(await createQueues(createSqsClient()).sendToQueue(queue.queueUrl, entries)).toEqual(
      entries.map(() => confirmed),
    );
    expect(queue.messages()).toHaveLength(12);
  });

  test("an entry that SQS refuses fails alone", async () => {
    const outcomes = await createQueues(createSqsClient()).sendToQueue(queue.queueUrl, [
      { body: "a" },
      { body: "\u0001" },
      { body: "c" },
    ]);
    expect(outcomes).toEqual([
      confirmed,
      { kind: "failed", code: "InvalidMessageContents", requestId: expect.any(String) },
      confirmed,
    ]);
    expect(queue.messages().map(({ body }) => body)).toEqual(["a", "c"]);
  });

  test("visibility is set for each message, and one that is not known fails alone", async () => {
    const queues = createQueues(createSqsClient());
    await queues.sendToQueue(queue.queueUrl, [{ body: "a" }]);
    const { Messages = [] } = await receiver.send(new ReceiveMessageCommand({ QueueUrl: queue.queueUrl }));
    const [message] = Messages;
    const outcomes = await queues.setVisibility(queue.queueUrl, [
      { receiptHandle: "unknown", seconds: 0 },
      { receiptHandle: message?.ReceiptHandle ?? "", seconds: 0 },
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["failed", "confirmed"]);
    const again = await receiver.send(
      new ReceiveMessageCommand({ QueueUrl: queue.queueUrl, WaitTimeSeconds: 1 }),
    );
    expect(again.Messages?.map(({ Body }) => Body)).toEqual(["a"]);
  });

  test("a queue that is not there fails every entry, and does not reject", async () => {
    const outcomes = await createQueues(createSqsClient()).sendToQueue(
      `${queue.endpoint}/000000000000/other`,
      [{ body: "a" }],
    );
    expect(outcomes).toEqual([{ kind: "failed", code: "QueueDoesNotExist", requestId: expect.any(String) }]);
  });
});

describe("on a queue that does not take everything", () => {
  const queueUrl = "https://sqs.us-east-1.amazonaws.com/000000000000/queue";
  let client: SQSClient;
  let sqs: AwsClientStub<SQSClient>;
  beforeEach(() => {
    client = createSqsClient();
    sqs = mockClient(client);
  });

  type Verdict = "ok" | "altered" | "fail" | "reject" | "forget";

  /**
   * Answers each call with what `script` says of the bodies: `ok`, `altered` (another body arrived), `fail`, `reject` (the
   * sender's fault) or `forget` (in neither list). Gives the bodies of each call.
   */
  function scripted(script: (body: string, call: number) => Verdict): string[][] {
    const calls: string[][] = [];
    sqs.on(SendMessageBatchCommand).callsFake(({ Entries = [] }: SendMessageBatchCommandInput) => {
      calls.push(Entries.map(({ MessageBody = "" }) => MessageBody));
      const said = Entries.map(({ Id, MessageBody = "" }) => ({
        Id,
        MessageBody,
        verdict: script(MessageBody, calls.length),
      }));
      return {
        Successful: said
          .filter(({ verdict }) => verdict === "ok" || verdict === "altered")
          .map(({ Id, MessageBody, verdict }) => ({
            Id,
            MessageId: Id,
            MD5OfMessageBody: hash("md5", verdict === "altered" ? `${MessageBody}?` : MessageBody),
          })),
        Failed: said
          .filter(({ verdict }) => verdict === "fail" || verdict === "reject")
          .map(({ Id, verdict }) => ({ Id, Code: "InternalError", SenderFault: verdict === "reject" })),
      };
    });
    return calls;
  }
  const send = (...bodies: string[]) =>
    createQueues(client).sendToQueue(
      queueUrl,
      bodies.map((body) => ({ body })),
    );

  test("the failed entries alone are sent once more", async () => {
    const calls = scripted((body, call) => (body === "b" && call === 1 ? "fail" : "ok"));
    expect(await send("a", "b", "c")).toEqual([confirmed, confirmed, confirmed]);
    expect(calls).toEqual([["a", "b", "c"], ["b"]]);
  });

  test("what fails twice is failed", async () => {
    const calls = scripted((body) => (body === "b" ? "fail" : "ok"));
    expect(await send("a", "b")).toEqual([confirmed, { kind: "failed", code: "InternalError" }]);
    expect(calls).toEqual([["a", "b"], ["b"]]);
  });

  test("what is the sender's fault is not sent again", async () => {
    const calls = scripted((body) => (body === "b" ? "reject" : "ok"));
    expect(await send("a", "b")).toEqual([confirmed, { kind: "failed", code: "InternalError" }]);
    expect(calls).toEqual([["a", "b"]]);
  });

  test("an entry that the answer leaves out is not confirmed", async () => {
    const calls = scripted((body) => (body === "b" ? "forget" : "ok"));
    expect(await send("a", "b")).toEqual([confirmed, { kind: "failed", code: "NotAnswered" }]);
    expect(calls).toEqual([["a", "b"], ["b"]]);
  });

  test("a body that arrived as another is sent once more, and the others of its batch are confirmed", async () => {
    const calls = scripted((body, call) => (body === "b" && call === 1 ? "altered" : "ok"));
    expect(await send("a", "b")).toEqual([confirmed, confirmed]);
    expect(calls).toEqual([["a", "b"], ["b"]]);
  });

  test("a throttle is named, for every entry of the call", async () => {
    const throttled = new SQSServiceException({ name: "RequestThrottled", $fault: "client", $metadata: {} });
    sqs.on(SendMessageBatchCommand).rejects(throttled);
    const failed = { kind: "failed", code: "RequestThrottled" };
    expect(await send("a", "b")).toEqual([failed, failed]);
  });
});

test("a body that arrived as another fails no other entry, by the client itself", async () => {
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const Successful = ["a", "b"].map((body, index) => ({
      Id: String(index),
      MessageId: body,
      MD5OfMessageBody: hash("md5", body === "b" ? "another" : body),
    }));
    response.setHeader("content-type", "application/x-amz-json-1.0");
    response.end(JSON.stringify({ Successful }));
  });
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", `http://127.0.0.1:${await listenOnLoopback(server, 0)}`);
  const outcomes = await createQueues(createSqsClient()).sendToQueue(
    "https://sqs.us-east-1.amazonaws.com/000000000000/queue",
    [{ body: "a" }, { body: "b" }],
  );
  expect(outcomes).toEqual([confirmed, { kind: "failed", code: "NotAnswered" }]);
  server.closeAllConnections();
  server.close();
});

test("no answer at all fails every entry of that call", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9");
  const failed = { kind: "failed", code: "ECONNREFUSED" };
  expect(
    await createQueues(createSqsClient()).sendToQueue("http://127.0.0.1:9/000000000000/queue", [
      { body: "a" },
      { body: "b" },
    ]),
  ).toEqual([failed, failed]);
});

test.each([
  ["where its own URL says", {}, "sqs.eu-west-1.amazonaws.com"],
  ["at the FIPS endpoint", { AWS_USE_FIPS_ENDPOINT: "true" }, "sqs-fips.us-east-1.amazonaws.com"],
  ["at the dual-stack endpoint", { AWS_USE_DUALSTACK_ENDPOINT: "true" }, "sqs.us-east-1.api.aws"],
  ["where a variable says", { AWS_ENDPOINT_URL_SQS: "http://localhost:1" }, "localhost"],
])("a queue is called %s", async (_name, variables, hostname) => {
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"]) vi.stubEnv(name, "");
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.spyOn(console, "warn").mockReturnValue();
  const client = createSqsClient();
  const hostnames: string[] = [];
  client.middlewareStack.add(
    () => async (args) => {
      if (HttpRequest.isInstance(args.request)) hostnames.push(args.request.hostname);
      throw new Error("far enough");
    },
    { step: "deserialize" },
  );
  const QueueUrl = "https://sqs.eu-west-1.amazonaws.com/000000000000/queue";
  await expect(client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] }))).rejects.toThrow(
    "far enough",
  );
  expect(hostnames).toEqual([hostname]);
});

test("a message says on the wire whose it is, and nothing where it is nobody's", async () => {
  const asked: SendMessageBatchCommandInput[] = [];
  const sqs = mockClient(SQSClient);
  sqs.on(SendMessageBatchCommand).callsFake((input: SendMessageBatchCommandInput) => {
    asked.push(input);
    return {};
  });
  try {
    await createQueues(createSqsClient()).sendToQueue("http://127.0.0.1:9/000000000000/queue", [
      { body: "a", groupId: "one.b_c-d" },
      { body: "b" },
    ]);
  } finally {
    sqs.restore();
  }
  expect(asked[0]?.Entries).toEqual([
    { Id: "0", MessageBody: "a", MessageGroupId: "one.b_c-d" },
    { Id: "1", MessageBody: "b" },
  ]);
});
