import { attributesOfCopy, deliveryOf } from "../../lib/delivery/copied-record.ts";
import type { Bundle, BundleQueue } from "../bundle.ts";
import type { Letter } from "../dead-letters/letter.ts";
import { type LetterCalls, type Outcome, walkLetters } from "../dead-letters/walk.ts";
import type { Context } from "../membership/membership.ts";
import { cutOut } from "./cut.ts";

export type SweepPorts = {
  readonly bundle: Pick<Bundle, "queues" | "namePrefix">;
  readonly letterCalls: LetterCalls;
  readonly countQueue: (queueUrl: string) => Promise<{ readonly waiting: number }>;
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly {
      readonly body: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly groupId?: string | undefined;
    }[],
  ) => Promise<readonly Outcome[]>;
  /** Unix ms. */
  readonly now: () => number;
};

/** `look` counts what is there; `cut` takes the person out of it. */
export type SweepMode = "look" | "cut";

export type Swept = {
  /** Messages that name the person: of `cut` those that do so no more. */
  readonly messages: number;
  /** Messages that are none of ours and have the key in them: they are left. */
  readonly unclear: number;
  /** Messages that SQS did not take or delete. */
  readonly failed: number;
};

/** Goes through the dead letters about segments and metric events. */
export async function sweepDeadLetters(person: Context, mode: SweepMode, ports: SweepPorts): Promise<Swept> {
  return sweepAll(ports.bundle.queues.filter(holdsKeys), { person, mode, ports, copyOf: letterCopy });
}

/**
 * Goes through what waits in the queues. What a function has in its hands, and what is delayed, is not there to be received: a
 * removal with today's time, behind it in the queue, is newer than any of it.
 */
export async function sweepWaiting(person: Context, mode: SweepMode, ports: SweepPorts): Promise<Swept> {
  const queues: BundleQueue[] = [];
  for (const queue of ports.bundle.queues.filter(holdsKeys)) {
    const { waiting } = await ports.countQueue(queue.url);
    // The walk is one through dead-letter queues: here the queue stands in for its own.
    if (waiting > 0)
      queues.push({ ...queue, deadLetters: { name: queue.name, url: queue.url, arn: queue.arn } });
  }
  return sweepAll(queues, { person, mode, ports, copyOf: waitingCopy });
}

/** What is sent to PostHog holds no context keys. */
function holdsKeys({ kind }: BundleQueue): boolean {
  return kind !== "flag-changes";
}

type Sweep = {
  readonly person: Context;
  readonly mode: SweepMode;
  readonly ports: SweepPorts;
  readonly copyOf: (letter: Letter, body: string, nowMs: number) => CopyToSend;
};

type CopyToSend = {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly groupId: string | undefined;
};

async function sweepAll(queues: readonly BundleQueue[], sweep: Sweep): Promise<Swept> {
  const swept = await Promise.all(queues.map((queue) => sweepQueue(queue, sweep)));
  const sum = (count: (one: Swept) => number) => swept.reduce((total, one) => total + count(one), 0);
  return {
    messages: sum(({ messages }) => messages),
    unclear: sum(({ unclear }) => unclear),
    failed: sum(({ failed }) => failed),
  };
}

async function sweepQueue(queue: BundleQueue, { person, mode, ports, copyOf }: Sweep): Promise<Swept> {
  const { letterCalls, sendToQueue, now } = ports;
  const { url } = queue.deadLetters;
  let messages = 0;
  let unclear = 0;
  let failed = 0;
  const take = async (letters: readonly Letter[]): Promise<readonly Letter[]> => {
    const theirs: Letter[] = [];
    const mixed: { readonly letter: Letter; readonly copy: CopyToSend }[] = [];
    for (const letter of letters) {
      const cut = cutOut(letter.body, person);
      if (cut.kind === "theirs") theirs.push(letter);
      if (cut.kind === "mixed") mixed.push({ letter, copy: copyOf(letter, cut.body, now()) });
      if (cut.kind === "unclear") unclear += 1;
    }
    if (mode === "look" || theirs.length + mixed.length === 0) {
      messages += theirs.length + mixed.length;
      return [];
    }
    // The copy is confirmed before its original goes: between the two the others' items are there twice, which harms nothing.
    const sent =
      mixed.length > 0
        ? await sendToQueue(
            url,
            mixed.map(({ copy }) => copy),
          )
        : [];
    const copied = mixed.filter((_, at) => sent[at]?.kind === "confirmed").map(({ letter }) => letter);
    const over = [...theirs, ...copied];
    const removals =
      over.length > 0
        ? await letterCalls.remove(
            url,
            over.map(({ receiptHandle }) => receiptHandle),
          )
        : [];
    const gone = over.filter((_, at) => removals[at]?.kind === "confirmed");
    messages += gone.length;
    failed += theirs.length + mixed.length - gone.length;
    return gone;
  };
  await walkLetters(
    {
      bundle: { queues: [queue], namePrefix: ports.bundle.namePrefix },
      choice: { queue: undefined, reason: undefined, connection: undefined },
      limit: Number.POSITIVE_INFINITY,
      atATime: 100,
      isStopped: () => false,
      take,
    },
    letterCalls,
  );
  return { messages, unclear, failed };
}

/** A dead letter keeps why it died. */
function letterCopy({ attributes, groupId }: Letter, body: string): CopyToSend {
  return { body, attributes, groupId };
}

/** A message goes on with its age and its receives, as a copy of the function's does. */
function waitingCopy(letter: Letter, body: string, nowMs: number): CopyToSend {
  const { id, receiptHandle, attributes, deadSinceMs: sentAtMs, groupId } = letter;
  const delivery = deliveryOf({
    messageId: id,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: "1",
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
