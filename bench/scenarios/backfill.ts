import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import heapFlags from "../../cli/heap-flags.json" with { type: "json" };
import { COMPILE_CACHE } from "../../test/support/compile-cache.ts";
import type { FromBackfill } from "../backfill-process.ts";
import type { FromQueueSink } from "../queue-sink.ts";
import { type Figure, GateError, type Whole } from "../scenario.ts";

/** Settable for a larger file: `BACKFILL_ROWS=10000000 npm run bench -- backfill`. */
const ROWS = Number(process.env.BACKFILL_ROWS ?? 1_000_000);
const PEAK_MB = 150;

export const backfill: Whole = {
  kind: "whole",
  name: "backfill",
  about: `a backfill of ${ROWS} rows of CSV in a process of its own: into a stand-in of SQS that confirms, beside reading, parsing and packing alone; and one that is killed and goes on`,
  run: async () => {
    const folder = await mkdtemp(join(tmpdir(), "flagbridge-bench-"));
    try {
      const file = join(folder, "members.csv");
      await pipeline(Readable.from(table()), createWriteStream(file));
      return await measured(file);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function measured(file: string): Promise<readonly Figure[]> {
  const at = new Date().toISOString();
  const floor = await run(file, at);
  const sink = await startQueueSink();
  const sent = await run(file, at, { sqs: sink.url });
  const first = await sink.taken();
  if (first.lines !== ROWS || sent.sent !== ROWS)
    throw new GateError(`${first.lines} of ${ROWS} rows arrived`);
  await sink.stop();
  const repeated = (await messagesOfTwoRuns(file, at)) - first.messages;
  return [
    { label: "rows a second", value: ROWS / sent.seconds, unit: "/s" },
    { label: "rows a second without sending (the floor)", value: ROWS / floor.seconds, unit: "/s" },
    { label: "CPU a row", value: (sent.cpuSeconds / ROWS) * 1e6, unit: "µs" },
    { label: "CPU a row without sending (the floor)", value: (floor.cpuSeconds / ROWS) * 1e6, unit: "µs" },
    { label: "CPU / floor", value: sent.cpuSeconds / floor.cpuSeconds, unit: "×" },
    { label: "peak memory", value: sent.peakMb, unit: "MB", atMost: PEAK_MB },
    { label: "peak memory without sending", value: floor.peakMb, unit: "MB", atMost: PEAK_MB },
    { label: "messages", value: first.messages, unit: "messages" },
    { label: "rows lost by a kill and a run that goes on", value: 0, unit: "rows", atMost: 0 },
    { label: "messages sent again after the kill", value: repeated, unit: "messages" },
  ];
}

/** Kills a run after a third of the rows, and goes on from the line that it named last. Returns the messages of both. */
async function messagesOfTwoRuns(file: string, at: string): Promise<number> {
  const sink = await startQueueSink();
  const child = start(file, at, { sqs: sink.url });
  let confirmedBefore = 1;
  child.on("message", (message: FromBackfill) => {
    if (message.kind !== "progress") return;
    confirmedBefore = message.confirmedBefore;
    if (confirmedBefore > ROWS / 3) child.kill("SIGKILL");
  });
  await once(child, "exit");
  const killed = await sink.taken();
  if (killed.lines === ROWS) throw new GateError("the run was done before it could be killed");
  await run(file, at, { sqs: sink.url, fromLine: confirmedBefore });
  const after = await sink.taken();
  await sink.stop();
  if (after.lines !== ROWS) throw new GateError(`${ROWS - after.lines} rows were lost by the kill`);
  return after.messages;
}

type Options = { readonly sqs?: string; readonly fromLine?: number };

function start(file: string, at: string, { sqs, fromLine = 1 }: Options = {}): ChildProcess {
  return fork(
    join(import.meta.dirname, "../backfill-process.ts"),
    [file, at, String(fromLine), ...(sqs === undefined ? [] : [sqs])],
    {
      execArgv: ["--disable-warning=ExperimentalWarning", ...heapFlags.backfill],
      // As `npx flagbridge` starts: what a compile leaves in memory is not what a backfill takes.
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    },
  );
}

async function run(
  file: string,
  at: string,
  options?: Options,
): Promise<Extract<FromBackfill, { kind: "done" }>> {
  const child = start(file, at, options);
  let done: Extract<FromBackfill, { kind: "done" }> | undefined;
  child.on("message", (message: FromBackfill) => {
    if (message.kind === "done") done = message;
  });
  await once(child, "exit");
  if (!done) throw new GateError("the backfill did not end");
  return done;
}

async function startQueueSink() {
  const child = fork(join(import.meta.dirname, "../queue-sink.ts"), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const next = async (): Promise<FromQueueSink> => {
    // Only our own sink writes to this channel.
    const [message] = (await once(child, "message")) as [FromQueueSink];
    return message;
  };
  const listening = await next();
  if (listening.kind !== "listening") throw new Error("the sink did not start");
  return {
    url: `http://127.0.0.1:${listening.port}`,
    taken: async () => {
      const answer = next();
      child.send("take");
      const taken = await answer;
      if (taken.kind !== "lines") throw new Error("the sink did not say what it has taken");
      return taken;
    },
    stop: async () => {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** As a warehouse exports: an id, an address, two more columns. */
function* table(): Generator<string> {
  yield "user_id,email,plan,created_at\n";
  for (let row = 0; row < ROWS; ) {
    let text = "";
    for (const end = Math.min(ROWS, row + 10_000); row < end; row += 1) {
      const number = String(row).padStart(9, "0");
      text += `user-${number},user-${number}@example.com,pro,2026-05-03T09:00:00Z\n`;
    }
    yield text;
  }
}
