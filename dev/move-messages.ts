import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { AwsCallError } from "./aws-call.ts";
import { receivedMessage } from "./sqs-event.ts";

/** How far a message move task is. */
export type Move = {
  status: "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";
  moved: number;
  toMove: number;
  failure?: string;
};

export type MoveOrder = {
  readonly call: (operation: string, input: unknown) => Promise<unknown>;
  /** URLs of two queues. */
  readonly from: string;
  readonly to: string | undefined;
  /** As fast as it goes without it. */
  readonly perSecond: number | undefined;
  readonly signal: AbortSignal;
};

const AT_ONCE = 10;
/** A message that was received and could not be sent is back in its queue after this. */
const VISIBILITY_SECONDS = 30;

const counts = z.object({ Attributes: z.object({ ApproximateNumberOfMessages: z.coerce.number() }) });
const received = z.object({ Messages: z.array(receivedMessage).default([]) });

/**
 * Moves messages by receive, send and delete, and writes down in `move` how far it is and how it ended. A message is
 * deleted when its copy has been sent: an end at any moment can repeat one, and loses none.
 */
export async function moveMessages(move: Move, order: MoveOrder): Promise<void> {
  try {
    const failure = await moveAll(move, order);
    if (failure !== undefined) fail(move, failure);
    else move.status = order.signal.aborted ? "CANCELLED" : "COMPLETED";
  } catch (error) {
    fail(move, error instanceof AwsCallError ? error.type : "InternalError");
  }
}

function fail(move: Move, failure: string): void {
  move.status = "FAILED";
  move.failure = failure;
}

/** As many as were there when it began: what is refused again meanwhile would otherwise go round for ever. */
async function moveAll(move: Move, order: MoveOrder): Promise<string | undefined> {
  const { call, from, to, perSecond, signal } = order;
  const waiting = await call("GetQueueAttributes", { QueueUrl: from, AttributeNames: ["All"] });
  move.toMove = counts.parse(waiting).Attributes.ApproximateNumberOfMessages;
  // SQS knows only where it has moved a message from by itself, and these were sent by functions.
  if (to === undefined) return move.toMove === 0 ? undefined : "CouldNotDetermineMessageSource";
  while (move.moved < move.toMove && !signal.aborted) {
    const messages = await receive(order, Math.min(AT_ONCE, perSecond ?? AT_ONCE, move.toMove - move.moved));
    if (messages.length === 0) return undefined;
    for (const { Body, MessageAttributes, ReceiptHandle } of messages) {
      await call("SendMessage", { QueueUrl: to, MessageBody: Body, MessageAttributes });
      await call("DeleteMessage", { QueueUrl: from, ReceiptHandle });
      move.moved += 1;
    }
    if (perSecond !== undefined && move.moved < move.toMove) await pause(messages.length / perSecond, signal);
  }
  return undefined;
}

async function receive({ call, from }: MoveOrder, most: number) {
  const answer = await call("ReceiveMessage", {
    QueueUrl: from,
    MaxNumberOfMessages: most,
    VisibilityTimeout: VISIBILITY_SECONDS,
    AttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  return received.parse(answer).Messages;
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1_000, undefined, { signal }).catch(() => {});
}
