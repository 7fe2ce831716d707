import diagnosticsChannel from "node:diagnostics_channel";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import * as z from "zod";
import { AwsCallError, callAws } from "./aws-call.ts";
import { type MovableQueue, openMoveTasks } from "./message-move-tasks.ts";
import { ACCOUNT, REGION } from "./names.ts";
import { answerBeforeFauxqs } from "./queue-operations.ts";

export type QueueDefinition = {
  readonly name: string;
  /** Name of its dead-letter queue. */
  readonly deadLetters: string;
  readonly visibilityTimeoutSeconds: number;
};

export type QueueCounts = {
  readonly name: string;
  readonly waiting: number;
  readonly inFlight: number;
  readonly deadLetters: number;
  /** How long the oldest message that is not yet done has been in the queue; null when there is none. */
  readonly oldestSeconds: number | null;
};

export type Queues = {
  readonly endpoint: string;
  readonly url: (name: string) => string;
  readonly counts: () => Promise<readonly QueueCounts[]>;
  /** Queues that were there before with messages in them, and that nobody asks for now. */
  readonly leftOver: readonly { readonly name: string; readonly messages: number }[];
  readonly stop: () => Promise<void>;
};

export type QueuesConfig = {
  readonly definitions: readonly QueueDefinition[];
  /** Where messages are kept; in memory without it. */
  readonly directory?: string | undefined;
  /** Told of the bodies that are about to be sent to a queue. */
  readonly onSend?: ((queue: string, bodies: readonly string[]) => void) | undefined;
};

const RETENTION_SECONDS = 14 * 24 * 60 * 60;
/** A backstop for crashes alone: the functions dead-letter what has to be. */
const MAX_RECEIVE_COUNT = 1000;

/** SQS on this machine: fauxqs, with the queues of the bundle. A queue that is there already keeps its messages. */
export async function startQueues({ definitions, directory, onSend }: QueuesConfig): Promise<Queues> {
  const moveTasks = openMoveTasks({
    call: (operation, input) => call(operation, input),
    queues: new Map<string, MovableQueue>(
      definitions.flatMap(({ name, deadLetters }) => [
        [queueArn(name), { url: () => url(name), isDeadLetterQueue: false }],
        [queueArn(deadLetters), { url: () => url(deadLetters), isDeadLetterQueue: true }],
      ]),
    ),
    now: Date.now,
  });
  const answer: typeof moveTasks.answer = (operation, input) => {
    if (operation === "SendMessageBatch") noteSent(input, onSend);
    return moveTasks.answer(operation, input);
  };
  const server = await answerBeforeFauxqs(answer, () =>
    startFauxqs({ port: 0, logger: false, ...(directory && { dataDir: directory }) }),
  );
  const stopGuard = refuseOtherMachines(server);
  if (directory) keepReceiveCounts(join(directory, "fauxqs.db"));
  const endpoint = `http://127.0.0.1:${server.port}`;
  const url = (name: string): string => `${endpoint}/000000000000/${name}`;
  const call = (operation: string, input: unknown): Promise<unknown> =>
    callAws({ endpoint, target: `AmazonSQS.${operation}`, input });

  for (const { name, deadLetters, visibilityTimeoutSeconds } of definitions) {
    await putQueue(call, url, deadLetters, { MessageRetentionPeriod: String(RETENTION_SECONDS) });
    await putQueue(call, url, name, {
      MessageRetentionPeriod: String(RETENTION_SECONDS),
      VisibilityTimeout: String(visibilityTimeoutSeconds),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queueArn(deadLetters),
        maxReceiveCount: MAX_RECEIVE_COUNT,
      }),
    });
  }

  const countOf = async (name: string): Promise<{ visible: number; inFlight: number }> => {
    const answer = await call("GetQueueAttributes", { QueueUrl: url(name), AttributeNames: ["All"] });
    const { Attributes: counts } = queueAttributes.parse(answer);
    return {
      visible: counts.ApproximateNumberOfMessages + counts.ApproximateNumberOfMessagesDelayed,
      inFlight: counts.ApproximateNumberOfMessagesNotVisible,
    };
  };

  const defined = new Set(definitions.flatMap(({ name, deadLetters }) => [name, deadLetters]));
  const { QueueUrls } = queueUrls.parse(await call("ListQueues", {}));
  const others = QueueUrls.map((one) => one.slice(one.lastIndexOf("/") + 1)).filter(
    (name) => !defined.has(name),
  );
  const leftOver = await Promise.all(
    others.map(async (name) => {
      const { visible, inFlight } = await countOf(name);
      return { name, messages: visible + inFlight };
    }),
  );

  return {
    endpoint,
    url,
    leftOver: leftOver.filter(({ messages }) => messages > 0),
    counts: () =>
      Promise.all(
        definitions.map(async ({ name, deadLetters }) => {
          const [main, dead] = await Promise.all([countOf(name), countOf(deadLetters)]);
          return {
            name,
            waiting: main.visible,
            inFlight: main.inFlight,
            deadLetters: dead.visible + dead.inFlight,
            oldestSeconds: oldestSeconds(server, name),
          };
        }),
      ),
    stop: async () => {
      await moveTasks.stop();
      await server.stop();
      stopGuard();
    },
  };
}

/** SQS has it as a metric alone, ApproximateAgeOfOldestMessage; fauxqs lets one look at the messages. */
function oldestSeconds(server: FauxqsServer, name: string): number | null {
  const messages = server.inspectQueue(name)?.messages;
  if (!messages) return null;
  const all = [...messages.ready, ...messages.delayed, ...messages.inflight.map(({ message }) => message)];
  const sentMs = all.reduce((least, { sentTimestamp }) => Math.min(least, sentTimestamp), Infinity);
  return Number.isFinite(sentMs) ? Math.max(0, (Date.now() - sentMs) / 1_000) : null;
}

const sentBatch = z.object({
  QueueUrl: z.string(),
  Entries: z.array(z.object({ MessageBody: z.string() })),
});

function noteSent(input: unknown, onSend: QueuesConfig["onSend"]): void {
  const { data } = sentBatch.safeParse(input);
  if (data)
    onSend?.(
      data.QueueUrl.slice(data.QueueUrl.lastIndexOf("/") + 1),
      data.Entries.map((entry) => entry.MessageBody),
    );
}

/** The ARN that fauxqs gives a queue. */
export function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}

const queueUrls = z.object({ QueueUrls: z.array(z.string()).default([]) });

const queueAttributes = z.object({
  Attributes: z.object({
    ApproximateNumberOfMessages: z.coerce.number(),
    ApproximateNumberOfMessagesDelayed: z.coerce.number(),
    ApproximateNumberOfMessagesNotVisible: z.coerce.number(),
  }),
});

/** `CreateQueue` refuses a queue whose attributes differ, and another --batch-window makes them differ. */
async function putQueue(
  call: (operation: string, input: unknown) => Promise<unknown>,
  url: (name: string) => string,
  name: string,
  attributes: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await call("CreateQueue", { QueueName: name, Attributes: attributes });
  } catch (error) {
    if (!(error instanceof AwsCallError && error.type === "QueueNameExists")) throw error;
    await call("SetQueueAttributes", { QueueUrl: url(name), Attributes: attributes });
  }
}

/**
 * fauxqs 2.4.1 keeps messages in a table whose receive count may not be null, and writes null when a message is made
 * visible at once (a visibility timeout of 0): the call fails and the message is out of sight until a restart.
 * This trigger does what was meant.
 */
function keepReceiveCounts(file: string): void {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TRIGGER IF NOT EXISTS keep_receive_count BEFORE UPDATE ON sqs_messages
    WHEN NEW.approximate_receive_count IS NULL
    BEGIN
      UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = OLD.message_id;
      SELECT RAISE(IGNORE);
    END`);
  database.close();
}

/** fauxqs listens on every interface and cannot be told otherwise; queued member keys are nobody else's business. */
function refuseOtherMachines(server: FauxqsServer): () => void {
  const guard = (message: unknown): void => {
    const { socket } = newSocket.parse(message);
    if (socket.localPort === server.port && !/^(::ffff:)?127\./.test(socket.remoteAddress ?? ""))
      socket.destroy();
  };
  diagnosticsChannel.subscribe("net.server.socket", guard);
  return () => diagnosticsChannel.unsubscribe("net.server.socket", guard);
}

const newSocket = z.object({
  socket: z.custom<{ localPort?: number; remoteAddress?: string; destroy: () => void }>(
    (value) => typeof value === "object" && value !== null && "destroy" in value,
  ),
});
