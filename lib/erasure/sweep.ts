import type { DestinationQueue } from "../connections/queues.ts";
import { attributesOfCopy, deliveryOf } from "../delivery/copied-record.ts";
import { RENEW_AFTER_RECEIVES } from "../delivery/settle.ts";
import type { QueueOutcome } from "../delivery/settle-queues.ts";
import { type HeldMessage, type WalkCalls, walkQueue } from "../delivery/walk-queue.ts";
import { cutOut, type Erased } from "./cut.ts";
import { type CountQueue, holdsKeys } from "./hidden-messages.ts";

/** A queue and its dead-letter queue, and where they are. */
export type SweptQueue = DestinationQueue & {
  readonly url: string;
  readonly deadLetters: { readonly url: string };
};

export type SweepPorts = {
  readonly bundle: { readonly queues: readonly SweptQueue[] };
  readonly letterCalls: WalkCalls;
  readonly countQueue: CountQueue;
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly {
      readonly body: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly groupId?: string | undefined;
    }[],
  ) => Promise<readonly QueueOutcome[]>;
  /** Unix ms. */
  readonly now: () => number;
};

/** `look` counts what is there; `cut` takes the people out of it. */
export type SweepMode = "look" | "cut";

export type SweepOptions = {
  readonly mode: SweepMode;
  /** Told of each message that is counted, whom it names. */
  readonly onNamed?: ((named: readonly Erased[]) => void) | undefined;
  /** Asked before more messages are received. */
  readonly isStopped?: (() => boolean) | undefined;
};

export type Swept = {
  /** Messages that name the people: of `cut` those that do so no more. */
  readonly messages: number;
  /** Messages that are none of ours and have a key in them: they are left. */
  readonly unclear: number;
  /** Messages that SQS did not take or delete. */
  readonly failed: number;
  /** False when it was stopped before it had seen all. */
  readonly isWhole: boolean;
};

/** Goes through the dead letters about segments and metric events. */
export async function sweepDeadLetters(
  people: readonly Erased[],
  options: SweepOptions,
  ports: SweepPorts,
): Promise<Swept> {
  const urls = ports.bundle.queues.filter(holdsKeys).map(({ deadLetters }) => deadLetters.url);
  return sweepAll(urls, { people, ...options, ports, copyOf: letterCopy });
}

/**
 * Goes through what waits in the queues since before now. What a function has in its hands, and what is delayed, is not there to be
 * received (`hidden-messages.ts`): a removal keeps it out of the segments that get one, and out of no other.
 */
export async function sweepWaiting(
  people: readonly Erased[],
  options: SweepOptions,
  ports: SweepPorts,
): Promise<Swept> {
  const urls: string[] = [];
  for (const { url } of ports.bundle.queues.filter(holdsKeys)) {
    const { waiting } = await ports.countQueue(url);
    if (waiting > 0) urls.push(url);
  }
  return sweepAll(urls, { people, ...options, ports, copyOf: waitingCopy });
}

type Sweep = SweepOptions & {
  readonly people: readonly Erased[];
  readonly ports: SweepPorts;
  readonly copyOf: (letter: HeldMessage, body: string, nowMs: number) => CopyToSend;
};

type CopyToSend = {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly groupId: string | undefined;
};

async function sweepAll(urls: readonly string[], sweep: Sweep): Promise<Swept> {
  const swept = await Promise.all(urls.map((url) => sweepQueue(url, sweep)));
  const sum = (count: (one: Swept) => number) => swept.reduce((total, one) => total + count(one), 0);
  return {
    messages: sum(({ messages }) => messages),
    unclear: sum(({ unclear }) => unclear),
    failed: sum(({ failed }) => failed),
    isWhole: swept.every(({ isWhole }) => isWhole),
  };
}

type Hit = {
  readonly letter: HeldMessage;
  readonly named: readonly Erased[];
  /** What goes on of it; absent when all of it is theirs. */
  readonly copy?: CopyToSend;
};

async function sweepQueue(url: string, sweep: Sweep): Promise<Swept> {
  const { people, mode, ports, copyOf, onNamed, isStopped = () => false } = sweep;
  const { letterCalls, sendToQueue, now } = ports;
  let messages = 0;
  let unclear = 0;
  let failed = 0;
  const count = (hits: readonly Hit[]): void => {
    messages += hits.length;
    for (const { named } of hits) onNamed?.(named);
  };
  const take = async (letters: readonly HeldMessage[]): Promise<readonly HeldMessage[]> => {
    const hits: Hit[] = [];
    // A walk counts as a receive of everybody's messages, and SQS takes one for dead after 1,000 (infra/queues.cjs). While the function is
    // paused nobody else replaces what is worn.
    const worn: Hit[] = [];
    for (const letter of letters) {
      const cut = cutOut(letter.body, people);
      if (cut.kind === "theirs") hits.push({ letter, named: cut.named });
      if (cut.kind === "mixed")
        hits.push({ letter, named: cut.named, copy: copyOf(letter, cut.body, now()) });
      if (cut.kind === "unclear") unclear += 1;
      if (cut.kind === "unrelated" && copyOf === waitingCopy && letter.receives >= RENEW_AFTER_RECEIVES)
        worn.push({ letter, named: [], copy: copyOf(letter, letter.body, now()) });
    }
    if (mode === "look" || hits.length + worn.length === 0) {
      count(hits);
      return [];
    }
    // The copy is confirmed before its original goes: between the two the others' items are there twice, which harms nothing.
    const all = [...hits, ...worn];
    const copies = all.flatMap(({ copy }) => copy ?? []);
    const sent = copies.length > 0 ? await sendToQueue(url, copies) : [];
    const unsent = new Set(copies.filter((_, at) => sent[at]?.kind !== "confirmed"));
    const over = all.filter(({ copy }) => !copy || !unsent.has(copy));
    const handles = over.map(({ letter }) => letter.receiptHandle);
    const removals = handles.length > 0 ? await letterCalls.remove(url, handles) : [];
    const gone = over.filter((_, at) => removals[at]?.kind === "confirmed");
    const goneHits = gone.filter((hit) => !worn.includes(hit));
    count(goneHits);
    // What is worn is only received once more if it could not be replaced.
    failed += hits.length - goneHits.length;
    return gone.map(({ letter }) => letter);
  };
  const limits = { limit: Number.POSITIVE_INFINITY, atATime: 100, sentUntilMs: now(), isStopped };
  await walkQueue({ url, ...limits, read: (one) => one, take }, letterCalls);
  return { messages, unclear, failed, isWhole: !isStopped() };
}

/** A dead letter keeps why it died. */
function letterCopy({ attributes, groupId }: HeldMessage, body: string): CopyToSend {
  return { body, attributes, groupId };
}

/** A message goes on with its age and its receives, as a copy of the function's does. */
function waitingCopy(letter: HeldMessage, body: string, nowMs: number): CopyToSend {
  const { id, receiptHandle, attributes, sentAtMs, receives, groupId } = letter;
  const delivery = deliveryOf({
    messageId: id,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      ApproximateFirstReceiveTimestamp: String(sentAtMs),
      SentTimestamp: String(sentAtMs),
      MessageGroupId: groupId,
    },
    messageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue }]),
    ),
  });
  return { body, attributes: attributesOfCopy(delivery, nowMs), groupId };
}
