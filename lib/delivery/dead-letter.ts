import type { Fate } from "./fate.ts";

export type DeadLetter = { readonly body: string; readonly attributes: Readonly<Record<string, string>> };

/** What a letter tells of the message that its items were in. */
type Buried = {
  readonly messageId: string;
  readonly connection: string;
  /** Unix ms. */
  readonly firstReceivedAtMs: number;
  /** The message with only these of its items, in the format of its queue. */
  readonly bodyOf: (items: readonly number[]) => string;
};

type Burial = {
  readonly fate: Extract<Fate, { kind: "dead" }>;
  readonly items: readonly number[];
  /** Where the items were to go, as metrics call it. */
  readonly destination: string;
  /** Unix ms. */
  readonly nowMs: number;
};

/** The letter for the items of one message that are dead for the same reason, in the format of the message's queue. */
export function letterOf(message: Buried, { fate, items, destination, nowMs }: Burial): DeadLetter {
  return {
    body: message.bodyOf(items),
    attributes: {
      reason: fate.reason,
      cause: fate.cause === "" ? "(no answer body)" : sendable(fate.cause),
      ...(fate.status !== undefined && { status: String(fate.status) }),
      destination,
      // A message that was written by hand may have any text here.
      connection: sendable(message.connection.slice(0, MAX_NAME_CHARS)),
      // The batch's line in the log has it too, beside the invocation's id.
      messageId: message.messageId,
      firstAttemptAt: new Date(message.firstReceivedAtMs).toISOString(),
      lastAttemptAt: new Date(nowMs).toISOString(),
    },
  };
}

/** Longer than the name of any connection. */
const MAX_NAME_CHARS = 100;

/**
 * What SQS takes of a text: no control characters but tab and line ends, no half of a surrogate pair, no U+FFFE and
 * U+FFFF. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function sendable(text: string): string {
  return text.toWellFormed().replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, " ");
}
