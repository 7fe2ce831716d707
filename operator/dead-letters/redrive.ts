import type { QueueOutcome } from "../../lib/delivery/settle-queues.ts";
import type { BundleQueue } from "../bundle.ts";
import type { Choice } from "./choose.ts";
import type { Letter } from "./letter.ts";
import { type LetterCalls, type Walk, walkLetters } from "./walk.ts";

export type RedriveCalls = LetterCalls & {
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly { readonly body: string; readonly groupId?: string }[],
  ) => Promise<readonly QueueOutcome[]>;
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
};

/** `sent`: back in their queues. `left`: chosen, and still dead letters; the codes say why. */
export type Redriven = {
  readonly sent: number;
  readonly left: number;
  readonly codes: Readonly<Record<string, number>>;
};

/**
 * Sends letters back to the queues that they came from, as new messages: they have their whole twelve days again. A letter is deleted
 * only when SQS has confirmed its message; between the two it may be there twice, which the ledger and the payload ids make harmless.
 */
export async function redriveLetters(
  asked: {
    readonly bundle: Walk["bundle"];
    readonly choice: Choice;
    readonly limit: number | undefined;
    /** Most letters a second. */
    readonly perSecond: number | undefined;
    readonly onProgress: (sent: number) => void;
    readonly isStopped: () => boolean;
  },
  calls: RedriveCalls,
): Promise<Redriven> {
  const { perSecond } = asked;
  const codes: Record<string, number> = {};
  let sent = 0;
  let left = 0;
  let freeAtMs = calls.now();
  const take = async (letters: readonly Letter[], queue: BundleQueue): Promise<readonly Letter[]> => {
    const waitMs = freeAtMs - calls.now();
    if (waitMs > 0) await calls.sleep(waitMs);
    if (perSecond !== undefined)
      freeAtMs = Math.max(freeAtMs, calls.now()) + (letters.length / perSecond) * 1_000;
    const entries = letters.map(({ body, groupId, connection }) => ({
      body,
      ...withGroup(groupId ?? connection),
    }));
    const answers = await calls.sendToQueue(queue.url, entries);
    const back = letters.filter((_, at) => answers[at]?.kind === "confirmed");
    const handles = back.map(({ receiptHandle }) => receiptHandle);
    const removals = handles.length > 0 ? await calls.remove(queue.deadLetters.url, handles) : [];
    const gone = back.filter((_, at) => removals[at]?.kind === "confirmed");
    for (const answer of [...answers, ...removals])
      if (answer.kind === "failed") codes[answer.code] = (codes[answer.code] ?? 0) + 1;
    sent += back.length;
    left += letters.length - gone.length;
    asked.onProgress(sent);
    // One that is back and could not be deleted stays in hand until its visibility timeout ends: it must not be read once more now.
    return back;
  };
  await walkLetters(
    {
      bundle: asked.bundle,
      choice: asked.choice,
      limit: asked.limit ?? Number.POSITIVE_INFINITY,
      atATime: Math.max(1, Math.min(100, Math.floor(perSecond ?? 100))),
      isStopped: asked.isStopped,
      take,
    },
    calls,
  );
  return { sent, left, codes };
}

/**
 * The connection takes turns with others in the queue, as when ingest sent the message. A letter that somebody wrote by hand may name
 * what SQS takes for no group, and SQS would refuse all ten messages of the call for it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html
 */
function withGroup(groupId: string): { readonly groupId?: string } {
  return /^[\x21-\x7e]{1,128}$/.test(groupId) ? { groupId } : {};
}
