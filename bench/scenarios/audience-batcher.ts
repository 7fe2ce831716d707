import { routeTo } from "../../functions/audience-batcher/destinations.ts";
import { flush } from "../../functions/audience-batcher/flush.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import { summaryOf } from "../../lib/delivery/record-batch.ts";
import { settleOn } from "../../lib/delivery/settle-queues.ts";
import { splitBudget } from "../../lib/delivery/split-budget.ts";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import type { HttpRequest } from "../../lib/http/session.ts";
import type { AudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import {
  type Comparison,
  type Figure,
  figureOf,
  GateError,
  ratioOf,
  scaledFigureOf,
  type Work,
} from "../scenario.ts";
import { connectionsTo, OPERATIONS_QUEUE, recordIn } from "../work/functions.ts";
import { adapterOfEmptyTable, emptyLedger } from "../work/ledgers.ts";
import { operationMessages } from "../work/operations.ts";
import { chunks } from "../work/sink-work.ts";
import { AUDIENCE_PATH_FLOOR_US, audiencePathFloor } from "./audience-path.ts";

const MESSAGES = 100;
const PER_MESSAGE = 100;
const OPERATIONS = MESSAGES * PER_MESSAGE;
const LIMIT_US = 2.5;

export const audienceBatcher: Comparison = {
  kind: "comparison",
  name: "audience-batcher",
  about: `${OPERATIONS.toLocaleString("en-US")} operations in ${MESSAGES} messages, from records to the answer for SQS: no network, and the ledger's calls are free`,
  repetitions: 7,
  variants: {
    floor: { prepare: floorOf },
    reference: audiencePathFloor,
    batcher: { prepare: () => batcherOn(emptyLedger()) },
    withAdapter: { prepare: () => batcherOn(adapterOfEmptyTable()) },
  },
  figures: ({ floor, reference, batcher, withAdapter }): Figure[] => {
    if (!floor || !reference || !batcher || !withAdapter) throw new RangeError("every variant is measured");
    return [
      figureOf("floor: parse the messages, write the bodies", "µs/op", floor.cpuUs),
      figureOf("reference: the floor of audience-path", "µs/op", reference.cpuUs),
      figureOf("everything but the network and the ledger, here", "µs/op", batcher.cpuUs),
      scaledFigureOf(
        `everything but the network and the ledger, where the reference takes ${AUDIENCE_PATH_FLOOR_US} µs`,
        "µs/op",
        batcher,
        { reference, referenceUs: AUDIENCE_PATH_FLOOR_US, atMost: LIMIT_US },
      ),
      ratioOf("everything but the network and the ledger / floor", batcher, floor),
      figureOf("the same with what the ledger's adapter computes", "µs/op", withAdapter.cpuUs),
    ];
  },
};

async function batcherOn(ledger: Ledger) {
  const nowMs = Date.now();
  const records = operationMessages(0, MESSAGES, PER_MESSAGE, nowMs).map(recordIn(OPERATIONS_QUEUE));
  const connections = connectionsTo("https://app.launchdarkly.com");
  const clock = { now: Date.now, sleep: async () => {} };
  let bodies: string[] = [];
  const http = {
    send: async ({ body }: HttpRequest) => {
      bodies.push(body.toString());
      return { kind: "answered" as const, status: 204, headers: {}, body: "" };
    },
  };
  const rules = {
    holdMs: 60_000,
    requestTimeoutMs: 10_000,
    landingMs: 45_000,
    writeTimeoutMs: 10_000,
    skewMs: 1_000,
  };
  const run = async () => {
    bodies = [];
    const to = routeTo("production", connections, {
      http,
      now: Date.now,
      accessToken: async () => "token",
      noteProblem: (problem) => fail("problem", problem),
      limits: noLimits(),
      timeoutMs: rules.requestTimeoutMs,
      userAgent: "Flagbridge/0.0.0",
    });
    const outcomes = await flush(
      records,
      {
        ...{ connections, ledger, clock, to, budget: unlimited, random: Math.random, noteFault: fail },
        splits: splitBudget(Date.now),
      },
      rules,
    );
    const nothingSent = async (_url: string, entries: readonly unknown[]) => {
      if (entries.length > 0) throw new GateError(`${entries.length} messages are to come again`);
      return [];
    };
    await settleOn(outcomes, {
      queues: { sendToQueue: nothingSent, setVisibility: nothingSent },
      queueUrl: "queue",
      deadLetterQueueUrl: "dead letters",
      service: "launchdarkly",
      noteUnconfirmed: () => {},
      mayCopy: () => true,
      nowMs,
      random: Math.random,
    });
    return summaryOf(outcomes);
  };
  return {
    items: OPERATIONS,
    warmUpRounds: 60,
    rounds: 120,
    gate: async () => {
      const { applied } = await run();
      if (applied !== OPERATIONS) throw new GateError(`${applied} of ${OPERATIONS} operations were applied`);
      // The body that the writer has just made.
      const members = bodies.flatMap((body) => (JSON.parse(body) as { batch: { userId: string }[] }).batch);
      const missing = OPERATIONS - new Set(members.map(({ userId }) => userId)).size;
      if (missing > 0) throw new GateError(`${missing} members were not sent`);
      if (bodies.length !== OPERATIONS / 1_000) throw new GateError(`${bodies.length} requests were sent`);
    },
    round: async () => {
      await run();
    },
  };
}

/** The least that anything does which gets these messages and sends these bodies. */
async function floorOf(): Promise<Work> {
  const messages = operationMessages(0, MESSAGES, PER_MESSAGE, Date.now());
  let bytes = 0;
  const round = async () => {
    // Made by operationMessages; a floor checks nothing.
    const parsed = messages.map((body) => JSON.parse(body) as AudienceOperationsMessage);
    const members = parsed.flatMap(({ segments: [segment], operations }) =>
      operations.map(({ key, action }) => ({
        userId: key,
        cohortName: segment?.name,
        cohortId: segment?.id,
        value: action === "add",
      })),
    );
    bytes = chunks(members, 1_000)
      .map((batch) => JSON.stringify({ environmentId: "environment", contextKind: "user", batch }))
      .reduce((sum, body) => sum + body.length, 0);
  };
  const gate = async () => {
    await round();
    if (bytes < OPERATIONS * 100) throw new GateError(`the bodies have ${bytes} bytes`);
  };
  return { items: OPERATIONS, warmUpRounds: 60, rounds: 120, gate, round };
}

function fail(step: string, error: unknown): never {
  throw new GateError(`${step}: ${String(error)}`);
}
