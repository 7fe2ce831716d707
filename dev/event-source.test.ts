import { setTimeout as sleep } from "node:timers/promises";
import { ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, test } from "vitest";
import { type EventSource, type EventSourceConfig, startEventSource } from "./event-source.ts";
import { queueArn, startQueues } from "./queues.ts";
import type { SqsRecord } from "./sqs-event.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };

type Event = { readonly Records: readonly SqsRecord[] };

const toStop: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of toStop.splice(0).reverse()) await one.stop();
});

async function queueOf(visibilityTimeoutSeconds: number) {
  const queues = await startQueues({
    definitions: [{ name: "work", deadLetters: "work-dead", visibilityTimeoutSeconds }],
  });
  const client = new SQSClient({
    endpoint: queues.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  toStop.push(queues, { stop: async () => client.destroy() });
  const problems: string[] = [];
  return {
    client,
    url: queues.url("work"),
    problems,
    counts: async () => (await queues.counts())[0],
    send: async (bodies: readonly string[]) => {
      for (let start = 0; start < bodies.length; start += 10) {
        const entries = bodies.slice(start, start + 10).map((body, n) => ({
          Id: String(n),
          MessageBody: body,
          MessageAttributes: { kind: { DataType: "String", StringValue: "test" } },
        }));
        await client.send(new SendMessageBatchCommand({ QueueUrl: queues.url("work"), Entries: entries }));
      }
    },
    start: (
      invoke: (event: Event, number: number) => Promise<unknown>,
      config: Partial<EventSourceConfig> = {},
    ) => {
      const events: Event[] = [];
      const source = startEventSource({
        endpoint: queues.endpoint,
        queueUrl: queues.url("work"),
        queueArn: queueArn("work"),
        batchSize: 10_000,
        windowMs: 50,
        concurrency: 2,
        invoke: (event) => {
          const typed = asEvent(event);
          events.push(typed);
          return invoke(typed, events.length);
        },
        onProblem: (problem) => problems.push(problem),
        ...config,
      });
      toStop.push(source);
      return { source, events };
    },
  };
}

function asEvent(event: unknown): Event {
  return JSON.parse(JSON.stringify(event));
}

const bodiesOf = ({ Records: records }: Event): string[] => records.map(({ body }) => body);
const failing = (records: readonly SqsRecord[]) => ({
  batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })),
});
const drained = { name: "work", waiting: 0, inFlight: 0, deadLetters: 0, oldestSeconds: null };

test("the event is one of SQS, with everything a function may read", async () => {
  const queue = await queueOf(30);
  await queue.send(["ü"]);
  const { events } = queue.start(async () => undefined);

  await expect
    .poll(() => events, patiently)
    .toEqual([
      {
        Records: [
          {
            messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
            receiptHandle: expect.any(String),
            body: "ü",
            attributes: {
              ApproximateReceiveCount: "1",
              ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
              SentTimestamp: expect.stringMatching(/^\d{13}$/),
              SenderId: "000000000000",
            },
            messageAttributes: {
              kind: { stringValue: "test", stringListValues: [], binaryListValues: [], dataType: "String" },
            },
            md5OfBody: "c03410a5204b21cd8229ff754688d743",
            eventSource: "aws:sqs",
            eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:work",
            awsRegion: "us-east-1",
          },
        ],
      },
    ]);
  await expect.poll(queue.counts, patiently).toEqual(drained);
});

describe("a batch", () => {
  test("holds all the messages of its window", async () => {
    const queue = await queueOf(30);
    const { events } = queue.start(async () => undefined, { windowMs: 1_500 });
    await queue.send(["1", "2"]);
    await sleep(200);
    await queue.send(Array.from({ length: 25 }, (_, n) => String(n + 3)));

    await expect.poll(queue.counts, patiently).toEqual(drained);
    expect(events.map((event) => event.Records.length)).toEqual([27]);
  });

  test("holds no more messages than its size", async () => {
    const queue = await queueOf(30);
    await queue.send(Array.from({ length: 12 }, (_, n) => String(n)));
    const { events } = queue.start(async () => undefined, { batchSize: 5, concurrency: 1 });

    await expect.poll(queue.counts, patiently).toEqual(drained);
    expect(events.map((event) => event.Records.length)).toEqual([5, 5, 2]);
    expect(events.flatMap(bodiesOf).sort()).toEqual(Array.from({ length: 12 }, (_, n) => String(n)).sort());
  });

  test("makes an event of at most 6 MB", async () => {
    const queue = await queueOf(30);
    for (let sent = 0; sent < 30; sent += 3) await queue.send(Array(3).fill("x".repeat(300_000)));
    const { events } = queue.start(async () => undefined, { windowMs: 1_500 });

    await expect.poll(queue.counts, patiently).toEqual(drained);
    expect(events.map((event) => event.Records.length)).toEqual([20, 10]);
    for (const event of events)
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(6 * 1024 * 1024);
  });

  test("waits in the queue while as many are running as may", async () => {
    const queue = await queueOf(30);
    let running = 0;
    let most = 0;
    await queue.send(["1", "2", "3", "4", "5"]);
    queue.start(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await sleep(100);
        running -= 1;
      },
      { batchSize: 1, concurrency: 2 },
    );

    await expect.poll(queue.counts, patiently).toEqual(drained);
    expect(most).toBe(2);
  });
});

describe("the function reports failures", () => {
  test("the others are deleted, and the failed come again when their visibility timeout is over", async () => {
    const queue = await queueOf(1);
    await queue.send(["good", "bad"]);
    const { events } = queue.start(async ({ Records: records }, number) =>
      number === 1 ? failing(records.filter(({ body }) => body === "bad")) : undefined,
    );

    await expect.poll(() => events.length, patiently).toBe(2);
    const [first, second] = events;
    expect(first && bodiesOf(first).sort()).toEqual(["bad", "good"]);
    expect(second?.Records).toMatchObject([{ body: "bad", attributes: { ApproximateReceiveCount: "2" } }]);
    await expect.poll(queue.counts, patiently).toEqual(drained);
  });

  test("the visibility that the function set decides when they come again", async () => {
    const queue = await queueOf(1);
    await queue.send(["later"]);
    const times: number[] = [];
    queue.start(async ({ Records: records }, number) => {
      times.push(Date.now());
      if (number > 1) return undefined;
      await queue.client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queue.url,
          Entries: records.map(({ receiptHandle }) => ({
            Id: "1",
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: 2,
          })),
        }),
      );
      return failing(records);
    });

    await expect.poll(() => times.length, patiently).toBe(2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  test("an answer that cannot be used fails the whole batch", async () => {
    const queue = await queueOf(30);
    await queue.send(["a", "b"]);
    queue.start(async () => ({ batchItemFailures: [{ itemIdentifier: "nobody" }] }));

    await expect
      .poll(() => queue.problems, patiently)
      .toEqual([expect.stringContaining("fails its whole batch")]);
    expect(await queue.counts()).toEqual({ ...drained, inFlight: 2, oldestSeconds: expect.any(Number) });
  });
});

test("a failed invocation leaves its batch for the visibility timeout", async () => {
  const queue = await queueOf(1);
  await queue.send(["a"]);
  const { events } = queue.start(async (_, number) => {
    if (number === 1) throw new Error("crash");
  });

  await expect.poll(() => events.length, patiently).toBe(2);
  await expect.poll(queue.counts, patiently).toEqual(drained);
});

describe("a stop", () => {
  async function stopAfter(source: EventSource, ms: number): Promise<number> {
    await sleep(ms);
    const start = Date.now();
    await source.stop();
    return Date.now() - start;
  }

  test("waits for the batches that are running and deletes what they did", async () => {
    const queue = await queueOf(30);
    await queue.send(["a"]);
    const { source } = queue.start(() => sleep(800), { windowMs: 0 });

    await stopAfter(source, 200);

    expect(await queue.counts()).toEqual(drained);
  });

  test("cuts the window short and still hands over what was gathered", async () => {
    const queue = await queueOf(30);
    await queue.send(["a"]);
    const { source, events } = queue.start(async () => undefined, { windowMs: 20_000 });

    expect(await stopAfter(source, 300)).toBeLessThan(2_000);

    expect(events.flatMap(bodiesOf)).toEqual(["a"]);
    expect(await queue.counts()).toEqual(drained);
  });

  test("takes no message that comes later", async () => {
    const queue = await queueOf(30);
    const { source, events } = queue.start(async () => undefined);
    await source.stop();

    await queue.send(["a"]);
    await sleep(200);

    expect(events).toEqual([]);
    expect(await queue.counts()).toMatchObject({ waiting: 1 });
  });
});

describe("a pause", () => {
  test("finishes what was taken, and leaves in the queue what comes later until it is resumed", async () => {
    const queue = await queueOf(30);
    let finish = (): void => {};
    const blocked = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await queue.send(["taken"]);
    const { source, events } = queue.start((_, number) => (number === 1 ? blocked : Promise.resolve()), {
      windowMs: 0,
    });
    await expect.poll(() => events.length, patiently).toBe(1);

    expect(source.pause()).toBe("accepted");
    expect(source.state()).toBe("Disabling");
    expect([source.pause(), source.resume()]).toEqual(["in-transition", "in-transition"]);
    finish();
    await expect.poll(source.state, patiently).toBe("Disabled");
    expect(await queue.counts()).toEqual(drained);

    await queue.send(["later"]);
    await sleep(300);
    expect(events).toHaveLength(1);
    expect(await queue.counts()).toMatchObject({ waiting: 1, inFlight: 0 });

    expect(source.resume()).toBe("accepted");
    await expect.poll(source.state, patiently).toBe("Enabled");
    await expect.poll(() => events.flatMap(bodiesOf), patiently).toEqual(["taken", "later"]);
  });

  test("gives back what a receive brings that began before it", async () => {
    const queue = await queueOf(30);
    const { source, events } = queue.start(async () => undefined, { windowMs: 0 });
    await expect.poll(source.state, patiently).toBe("Enabled");

    expect(source.pause()).toBe("accepted");
    await queue.send(["later"]);
    await expect.poll(source.state, patiently).toBe("Disabled");

    expect(events).toEqual([]);
    expect(await queue.counts()).toMatchObject({ waiting: 1, inFlight: 0 });
  });

  test("may be there from the start, and ends with a stop that nothing resumes", async () => {
    const queue = await queueOf(30);
    await queue.send(["waits"]);
    const { source, events } = queue.start(async () => undefined, { initially: "paused" });
    expect([source.state(), source.pause(), source.state()]).toEqual(["Disabled", "accepted", "Disabled"]);

    await source.stop();

    expect([source.resume(), source.state()]).toEqual(["in-transition", "Disabled"]);
    expect(events).toEqual([]);
  });
});
