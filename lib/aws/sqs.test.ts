import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { type LocalQueue, startLocalQueue } from "../../test/support/local-queue.ts";
import { createQueues, createSqsClient } from "./sqs.ts";

beforeEach(() => {
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
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
    expect(outcomes).toEqual([confirmed, { kind: "failed", code: "InvalidMessageContents" }, confirmed]);
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
    expect(outcomes).toEqual([{ kind: "failed", code: "QueueDoesNotExist" }]);
  });
});

describe("on a queue that does not take everything", () => {
  /** Answers each call with what `script` says of the bodies: `ok`, `fail`, `reject` (the sender's fault) or `forget` (in neither list). */
  async function scripted(script: (body: string, call: number) => "ok" | "fail" | "reject" | "forget") {
    const calls: string[][] = [];
    const batch = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { Entries } = batch.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      calls.push(Entries.map(({ MessageBody }) => MessageBody));
      const said = Entries.map((entry) => ({ ...entry, verdict: script(entry.MessageBody, calls.length) }));
      response.setHeader("content-type", "application/x-amz-json-1.0");
      response.end(
        JSON.stringify({
          Successful: said
            .filter(({ verdict }) => verdict === "ok")
            .map(({ Id, MessageBody }) => ({
              Id,
              MessageId: Id,
              MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex"),
            })),
          Failed: said
            .filter(({ verdict }) => verdict === "fail" || verdict === "reject")
            .map(({ Id, verdict }) => ({ Id, Code: "InternalError", SenderFault: verdict === "reject" })),
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = z.custom<AddressInfo>().parse(server.address());
    const queues = createQueues(createSqsClient());
    const send = (...bodies: string[]) =>
      queues.sendToQueue(
        `http://127.0.0.1:${port}/000000000000/queue`,
        bodies.map((body) => ({ body })),
      );
    return {
      calls,
      send,
      stop: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }

  test("the failed entries alone are sent once more", async () => {
    const queue = await scripted((body, call) => (body === "b" && call === 1 ? "fail" : "ok"));
    expect(await queue.send("a", "b", "c")).toEqual([confirmed, confirmed, confirmed]);
    expect(queue.calls).toEqual([["a", "b", "c"], ["b"]]);
    queue.stop();
  });

  test("what fails twice is failed", async () => {
    const queue = await scripted((body) => (body === "b" ? "fail" : "ok"));
    expect(await queue.send("a", "b")).toEqual([confirmed, { kind: "failed", code: "InternalError" }]);
    expect(queue.calls).toEqual([["a", "b"], ["b"]]);
    queue.stop();
  });

  test("what is the sender's fault is not sent again", async () => {
    const queue = await scripted((body) => (body === "b" ? "reject" : "ok"));
    expect(await queue.send("a", "b")).toEqual([confirmed, { kind: "failed", code: "InternalError" }]);
    expect(queue.calls).toEqual([["a", "b"]]);
    queue.stop();
  });

  test("an entry that the answer leaves out is not confirmed", async () => {
    const queue = await scripted((body) => (body === "b" ? "forget" : "ok"));
    expect(await queue.send("a", "b")).toEqual([confirmed, { kind: "failed", code: "NotAnswered" }]);
    expect(queue.calls).toEqual([["a", "b"], ["b"]]);
    queue.stop();
  });

  test("no answer at all fails every entry of that call", async () => {
    const queue = await scripted(() => "ok");
    queue.stop();
    expect(await queue.send("a", "b")).toEqual([
      { kind: "failed", code: "ECONNREFUSED" },
      { kind: "failed", code: "ECONNREFUSED" },
    ]);
  });
});
