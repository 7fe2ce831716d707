import * as z from "zod";
import { nameInStage } from "../../dev/names.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { queuesOf, type Site } from "./site.ts";

/** A message of a queue, as it is received. */
type Message = z.output<typeof message>;

const message = z.object({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Body: z.string(),
  MessageAttributes: z
    .record(z.string(), z.object({ DataType: z.string(), StringValue: z.string().optional() }))
    .default({}),
});
const received = z.object({ Messages: z.array(message).default([]) });

/** A dead letter of the audience queue, read. */
export type AudienceLetter = {
  readonly connection: string;
  readonly reason: string | undefined;
  readonly status: string | undefined;
  readonly operations: readonly {
    readonly segment: string;
    readonly member: string;
    readonly atMs: number;
  }[];
};

const AUDIENCE_QUEUE = nameInStage("audience-operations-staging");
const deadLettersOf = (queue: string): string => `${queue}-dead-letters`;
/** SQS's most for one call. */
const AT_ONCE = 10;

/**
 * Takes what a queue gives within a second and sends it once more, with a delay. The originals come back after a moment,
 * behind what came later. Gives how many those were.
 */
export async function duplicate(site: Site, queue: string, delaySeconds: number): Promise<number> {
  const messages = await receive(site, queue, { visibilitySeconds: 2, waitSeconds: 1 });
  for (const one of messages) await send(site, queue, one, delaySeconds);
  return messages.length;
}

/** Puts every dead letter back as it is, body and attributes, and gives how many those were. */
export async function redrive(site: Site): Promise<number> {
  let count = 0;
  for (const { name } of await queuesOf(site)) {
    for (;;) {
      const letters = await receive(site, deadLettersOf(name), { visibilitySeconds: 60 });
      if (letters.length === 0) break;
      for (const letter of letters) {
        await send(site, name, letter, 0);
        await site.sqs("DeleteMessage", deadLettersOf(name), { ReceiptHandle: letter.ReceiptHandle });
        count += 1;
      }
    }
  }
  return count;
}

/** All that is in the audience queue's dead-letter queue; it stays there. */
export async function readAudienceLetters(site: Site): Promise<readonly AudienceLetter[]> {
  const letters = new Map<string, Message>();
  const held: Message[] = [];
  for (;;) {
    const some = await receive(site, deadLettersOf(AUDIENCE_QUEUE), { visibilitySeconds: 60 });
    if (some.length === 0) break;
    held.push(...some);
    for (const one of some) letters.set(one.MessageId, one);
  }
  for (const { ReceiptHandle } of held) {
    const visibility = { ReceiptHandle, VisibilityTimeout: 0 };
    await site.sqs("ChangeMessageVisibility", deadLettersOf(AUDIENCE_QUEUE), visibility);
  }
  return [...letters.values()].map(readLetter);
}

function readLetter({ Body, MessageAttributes: attributes }: Message): AudienceLetter {
  const read = audienceOperationsMessage.parse(JSON.parse(Body));
  return {
    connection: read.connection,
    reason: attributes.reason?.StringValue,
    status: attributes.status?.StringValue,
    operations: operationsOf(read).map(({ segment, contextKey, version: [atMs] }) => ({
      segment: segment.id,
      member: contextKey,
      atMs,
    })),
  };
}

async function receive(
  site: Site,
  queue: string,
  {
    visibilitySeconds,
    waitSeconds = 0,
  }: { readonly visibilitySeconds: number; readonly waitSeconds?: number },
): Promise<readonly Message[]> {
  const answer = await site.sqs("ReceiveMessage", queue, {
    MaxNumberOfMessages: AT_ONCE,
    VisibilityTimeout: visibilitySeconds,
    WaitTimeSeconds: waitSeconds,
    MessageAttributeNames: ["All"],
  });
  return received.parse(answer).Messages;
}

async function send(
  site: Site,
  queue: string,
  { Body, MessageAttributes }: Message,
  delaySeconds: number,
): Promise<void> {
  await site.sqs("SendMessage", queue, {
    MessageBody: Body,
    DelaySeconds: delaySeconds,
    MessageAttributes,
  });
}
