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
  const { to, perSecond, signal } = order;
  const most = Math.min(AT_ONCE, perSecond ?? AT_ONCE);
  // Before they are counted: fauxqs counts a message whose time out of sight is over only when somebody has received.
  let messages = await receive(order, most);
  move.toMove = messages.length + (await visible(order));
  // SQS knows only where it has moved a message from by itself, and these were sent by functions.
  if (to === undefined) {
    for (const { ReceiptHandle } of messages) await putBack(order, ReceiptHandle);
    return move.toMove === 0 ? undefined : "CouldNotDetermineMessageSource";
  }
  while (messages.length > 0 && !signal.aborted) {
    for (const message of messages) await moveOne(move, { ...order, to }, message);
    if (perSecond !== undefined && move.moved < move.toMove) await pause(messages.length / perSecond, signal);
    const left = Math.min(most, move.toMove - move.moved);
    messages = left === 0 || signal.aborted ? [] : await receive(order, left);
  }
  for (const { ReceiptHandle } of messages) await putBack(order, ReceiptHandle);
  return undefined;
}

type Message = z.output<typeof receivedMessage>;

async function moveOne(
  move: Move,
  { call, from, to }: MoveOrder & { readonly to: string },
  { Body, MessageAttributes, ReceiptHandle }: Message,
): Promise<void> {
  await call("SendMessage", { QueueUrl: to, MessageBody: Body, MessageAttributes });
  await call("DeleteMessage", { QueueUrl: from, ReceiptHandle });
  move.moved += 1;
}

async function putBack({ call, from }: MoveOrder, ReceiptHandle: string): Promise<void> {
  await call("ChangeMessageVisibility", { QueueUrl: from, ReceiptHandle, VisibilityTimeout: 0 });
}

async function visible({ call, from }: MoveOrder): Promise<number> {
  const answer = await call("GetQueueAttributes", { QueueUrl: from, AttributeNames: ["All"] });
  return counts.parse(answer).Attributes.ApproximateNumberOfMessages;
}

async function receive({ call, from }: MoveOrder, most: number): Promise<readonly Message[]> {
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
