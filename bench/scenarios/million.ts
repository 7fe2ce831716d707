import type { SQSRecord } from "aws-lambda";
import { deployed } from "../deployed.ts";
import { bytesOf, EVENT_BYTES } from "../lambda-event.ts";
import { type Figure, GateError, type Whole } from "../scenario.ts";
import { startSink } from "../start-sink.ts";
import {
  audienceBatcher,
  connectionsTo,
  eventOf,
  ingest,
  OPERATIONS_QUEUE,
  recordIn,
  TOKEN,
} from "../work/functions.ts";
import { adapterOfEmptyTable, type CountUnits } from "../work/ledgers.ts";

const MILLION = 1_000_000;
/** What SQS takes in a call. */
const ENTRIES_A_CALL = 10;

/** A way in which a million operations arrive. */
type Arrival = {
  readonly name: string;
  readonly perRequest: number;
  /** So many are sent, and what they cost counts for a million. */
  readonly operations: number;
  /** Records in a batch; absent: as many as an event holds. */
  readonly perBatch?: number;
};

/** A million in an hour, by the window in which Lambda collects them. */
const perWindow = Math.round((MILLION / 3_600_000) * deployed().batchingWindowMs);

const ARRIVALS: readonly Arrival[] = [
  { name: "500 a request", perRequest: 500, operations: MILLION },
  { name: "one a request, over an hour", perRequest: 1, operations: MILLION / 10, perBatch: perWindow },
];

export const million: Whole = {
  kind: "whole",
  name: "million",
  about:
    "what a million operations of one destination cost in calls, from API Gateway's event to LaunchDarkly: every one is news, and AWS is in memory",
  run: async () => {
    const sink = await startSink();
    try {
      const figures: Figure[] = [];
      for (const arrival of ARRIVALS) figures.push(...(await figuresOf(arrival, sink)));
      return figures;
    } finally {
      await sink.stop();
    }
  },
};

async function figuresOf(
  { name, perRequest, operations, perBatch }: Arrival,
  sink: Awaited<ReturnType<typeof startSink>>,
): Promise<Figure[]> {
  const counts = { read: 0, written: 0, sendCalls: 0, messages: 0, visibilityCalls: 0 };
  const countUnits: CountUnits = (kind, units) => {
    counts[kind] += units;
  };
  const callsFor = (entries: number): number => Math.ceil(entries / ENTRIES_A_CALL);
  const onQueue = (kind: "send" | "visibility", entries: number): void => {
    counts[kind === "send" ? "sendCalls" : "visibilityCalls"] += callsFor(entries);
  };
  const connections = connectionsTo(sink.url);
  const { handle, takeQueued } = ingest(connections, onQueue);
  const batch = audienceBatcher(connections, adapterOfEmptyTable(countUnits), onQueue);
  let open: readonly SQSRecord[] = [];
  let bytes = 0;
  const invoke = async (): Promise<void> => {
    open = await batch(open);
    bytes = open.reduce((sum, record) => sum + bytesOf(record), 0);
  };
  for (let first = 0; first < operations; first += perRequest) {
    const { statusCode, body } = await handle(requestOf(first, perRequest));
    if (statusCode !== 200) throw new GateError(`ingest answered ${statusCode} ${body}`);
    for (const message of takeQueued()) {
      counts.messages += 1;
      const record = recordIn(OPERATIONS_QUEUE)(message, counts.messages);
      const size = bytesOf(record);
      if (bytes + size > EVENT_BYTES || open.length === perBatch) await invoke();
      open = [...open, record];
      bytes += size;
    }
  }
  while (open.length > 0) await invoke();
  const { requests } = await sink.take();
  if (requests < operations / MILLION) throw new GateError(`${requests} requests cannot hold all`);
  const figure = (label: string, value: number, unit: string): Figure => ({
    label: `${name}: ${label}`,
    value: (value * MILLION) / operations,
    unit,
  });
  return [
    figure("requests to LaunchDarkly", requests, "requests"),
    figure("read units of the ledger", counts.read, ""),
    figure("write units of the ledger", counts.written, ""),
    figure("messages", counts.messages, ""),
    figure("SendMessageBatch", counts.sendCalls, "calls"),
    figure("ChangeMessageVisibilityBatch", counts.visibilityCalls, "calls"),
  ];
}

function requestOf(first: number, count: number) {
  const audienceOperations = Array.from({ length: count }, (_, index) => ({
    segment: { id: "million", name: "Million" },
    contextKey: `user-${first + index}@example.com`,
    action: "add",
  }));
  const headers = { authorization: `Bearer ${TOKEN}` };
  return eventOf("/c/own", headers, JSON.stringify({ audienceOperations }));
}
