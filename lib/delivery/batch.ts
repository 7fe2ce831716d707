import { jsonText } from "../json.ts";
import { toAscii } from "../messages/ascii-json.ts";
import { type MessageShape, readMessage } from "../messages/read-message.ts";
import { deliveryOf, type QueuedRecord } from "./copied-record.ts";
import { type Fate, internalError, type NoteFault, worseFate } from "./fate.ts";
import { agedFate, type RecordOutcome } from "./settle.ts";

/** What every message says of itself. */
export type Sender = { readonly connection: string; readonly acceptedAt: number };

/** One kind of message: its shape, and the items in it, each of which has a fate of its own. */
export type MessageKind<Message extends Sender> = MessageShape<Message> & {
  readonly countItems: (message: Message) => number;
  /** When each item became true at its source, Unix ms; none where that says nothing of how late we are. */
  readonly timesOf: (message: Message) => readonly number[];
  readonly withItems: (message: Message, kept: readonly number[]) => Message;
};

export type Batch<Message> = {
  /**
   * Reads the records one by one. The messages are not kept: a full batch would otherwise be in memory twice. A message
   * for which `take` throws comes again, and the others go on.
   */
  readonly read: (
    records: readonly QueuedRecord[],
    take: (message: Message, firstItem: number) => void,
  ) => void;
  /** What became of an item, by its number in the batch. Of several fates the worst counts. */
  readonly settle: (item: number, fate: Fate) => void;
  /** What became of each record. An item without a fate, which would be a fault of ours, is not provably done. */
  readonly outcomes: (nowMs: number) => RecordOutcome[];
};

/** Keeps the fates of a batch's items, numbered through all of its messages. */
export function startBatch<Message extends Sender>(
  kind: MessageKind<Message>,
  noteFault?: NoteFault,
): Batch<Message> {
  const fates: (Fate | undefined)[] = [];
  const finish: ((nowMs: number) => RecordOutcome)[] = [];
  let items = 0;
  const settle = (item: number, fate: Fate): void => {
    fates[item] = worseFate(fates[item], fate);
  };
  const fatesOf = (first: number, end: number, aged: (fate: Fate) => Fate): Fate[] => {
    const found: Fate[] = [];
    for (let item = first; item < end; item += 1) found.push(aged(fates[item] ?? internalError));
    return found;
  };
  const readOne = (record: QueuedRecord, take: (message: Message, firstItem: number) => void) => {
    const read = readMessage(kind, record.body);
    if (read.kind === "unreadable") return () => unreadable(record, read.cause);
    const { connection, acceptedAt } = read.message;
    const firstItem = items;
    const count = kind.countItems(read.message);
    const itemTimes = kind.timesOf(read.message);
    const delivery = deliveryOf(record);
    items += count;
    try {
      take(read.message, firstItem);
    } catch (error) {
      noteFault?.("message.take", error);
      for (let item = firstItem; item < items; item += 1) settle(item, internalError);
    }
    return (nowMs: number): RecordOutcome => ({
      ...delivery,
      connection,
      acceptedAt,
      itemTimes,
      fates: fatesOf(firstItem, firstItem + count, (fate) => agedFate(fate, delivery.queuedAtMs, nowMs)),
      bodyOf: (kept) => bodyWith(record, kind, kept),
    });
  };
  return {
    read: (records, take) => {
      for (const record of records) finish.push(readOne(record, take));
    },
    settle,
    outcomes: (nowMs) => finish.map((finished) => finished(nowMs)),
  };
}

/**
 * Read again, because few messages need it. One that cannot be written again, which ingest does not make, stays whole: what
 * of it is delivered then is the same item when it comes again.
 */
function bodyWith<Message extends Sender>(
  record: QueuedRecord,
  kind: MessageKind<Message>,
  kept: readonly number[],
): string {
  const read = readMessage(kind, record.body);
  const text = read.kind === "message" ? jsonText(kind.withItems(read.message, kept)) : undefined;
  return text === undefined ? record.body : toAscii(text);
}

function unreadable(record: QueuedRecord, cause: string): RecordOutcome {
  return {
    ...deliveryOf(record),
    connection: "unknown",
    fates: [{ kind: "dead", reason: "invalid-message", cause }],
    bodyOf: () => record.body,
  };
}
