import type { SQSRecord } from "aws-lambda";
import type { HoldRules } from "../../lib/audience/hold.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import type { Action } from "../../lib/audience/operation.ts";
import type { SegmentChange, SegmentWriter, WriteAnswer } from "../../lib/audience/segment-writer.ts";
import { compareVersions, type Version } from "../../lib/audience/version.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { settleBatch } from "../../lib/delivery/settle-batch.ts";
import type { AudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import { virtualTime } from "../../test/support/virtual-time.ts";
import { flush } from "./flush.ts";

/** One operation of a history and the message that carries it. Times are small numbers: only their order matters. */
export type Step = {
  readonly at: number;
  readonly member: number;
  readonly action: Action;
  readonly message: number;
};

/**
 * A history, and the luck it has: `tape` answers every question of the simulation in turn (how long, which fault,
 * who is killed), and once it is used up every answer is the harmless one. So each history ends, and a shorter tape
 * or a smaller number is a simpler story.
 */
export type History = { readonly steps: readonly Step[]; readonly tape: readonly number[] };

export type Verdict = {
  readonly wrong: readonly string[];
  readonly deadLetters: number;
  readonly events: number;
};

export const RULES: HoldRules = {
  holdMs: 60_000,
  requestTimeoutMs: 10_000,
  landingMs: 45_000,
  writeTimeoutMs: 5_000,
  skewMs: 1_000,
};
const FUNCTION_TIMEOUT_MS = 120_000;
const VISIBILITY_MS = 200_000;
const MAX_EVENTS = 5_000;
const START_MS = 1_800_000_000_000;

const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
  connections: { cdp: { source: "flagbridge", secret: "cdp", audiences: { to: ["production"] } } },
});

type Message = { readonly body: string; visibleAt: number; receives: number; deleted: boolean };

/**
 * Runs a history against the batcher's real code: concurrent invocations, duplicates, reordering, refusals, failures
 * before and after they applied, lost answers, effects that land after their sender died, senders killed or frozen
 * between any two steps, late redrives. Says in which members LaunchDarkly differs from the newest operation.
 */
export async function run(history: History, ledger: Ledger, rules: HoldRules = RULES): Promise<Verdict> {
  const time = virtualTime(START_MS);
  let drawn = 0;
  const luck = (): number => history.tape[drawn++] ?? 0;
  /** True about `perMille` times in a thousand, never when the tape is used up. */
  const chance = (perMille: number): boolean => luck() > 1_000 - perMille;
  const upTo = (ms: number): number => Math.floor((luck() / 1_000) * ms);
  const latencyMs = (): number => 1 + (chance(200) ? upTo(4_000) : upTo(60));

  const segment = new Map<string, Action>();
  const messages = messagesOf(history.steps, () => (chance(150) ? upTo(400_000) : upTo(3_000)));
  const deadLetters: string[] = [];
  /** Requests that may still land, and invocations that are still at work. */
  let unfinished = 0;

  /** One invocation: its clock may be off, and it may be killed or frozen wherever it waits. */
  const invoke = async (batch: readonly Message[]): Promise<void> => {
    const startMs = time.now();
    const skewMs = upTo(RULES.skewMs - 1);
    const now = (): number => time.now() + skewMs;
    let alive = true;
    unfinished += 1;
    const end = (): void => {
      if (alive) unfinished -= 1;
      alive = false;
    };
    const killAfter = chance(350) ? upTo(25) : Number.POSITIVE_INFINITY;
    let steps = 0;
    time.at(startMs + FUNCTION_TIMEOUT_MS, end);
    /** Goes on after `ms`, unless it is dead by then; a frozen one goes on much later. */
    const resumeAfter = <T>(ms: number, value: () => T | Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        steps += 1;
        if (steps > killAfter) end();
        const frozenMs = chance(100) ? RULES.holdMs - 8_000 + upTo(16_000) : 0;
        time.at(time.now() + ms + frozenMs, () => {
          if (alive) Promise.resolve().then(value).then(resolve, reject);
        });
      });
    /** Effects that are under way happen, whoever sent them lives or not. */
    const arrival = <T>(effect: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        time.at(time.now() + latencyMs(), () => void effect().then(resolve, reject));
      });
    /** The sender may be dead before the answer comes, or get an error although it took effect. */
    const call = async <T>(effects: readonly (() => Promise<T>)[]): Promise<T> => {
      const [answer] = await Promise.all(effects.map(arrival));
      const lost = chance(15);
      return resumeAfter(latencyMs(), () => {
        if (lost || answer === undefined) throw new Error("the ledger did not answer");
        return answer;
      });
    };
    const slow: Ledger = {
      takeHold: (...args) => call([() => ledger.takeHold(...args)]),
      renewHold: (...args) => call([() => ledger.renewHold(...args)]),
      releaseHold: async (...args) => void (await call([() => ledger.releaseHold(...args).then(() => true)])),
      stallHold: async (...args) => void (await call([() => ledger.stallHold(...args).then(() => true)])),
      readEntries: (...args) => call([() => ledger.readEntries(...args)]),
      // Entry by entry: a real write is many calls, and the sender may die with some of them done.
      writeEntries: async (of, kind, entries) => {
        await call(
          [...entries].map((entry) => () => ledger.writeEntries(of, kind, new Map([entry])).then(() => true)),
        );
      },
    };
    const send = (change: SegmentChange): Promise<WriteAnswer> => {
      const apply = (): void => {
        for (const { contextKey, action } of change.members) segment.set(contextKey, action);
      };
      /** Takes effect some time before the protocol's assumption ends, or never. */
      const lands = (): void => {
        if (chance(300)) return;
        unfinished += 1;
        time.at(time.now() + upTo(RULES.requestTimeoutMs + RULES.landingMs), () => {
          unfinished -= 1;
          apply();
        });
      };
      const answered = (answer: WriteAnswer, applied: boolean): Promise<WriteAnswer> =>
        new Promise((resolve, reject) => {
          time.at(time.now() + latencyMs() + (chance(500) ? upTo(8_000) : 0), () => {
            // Whoever dies while the request is under way leaves it to land.
            if (!alive) return lands();
            if (applied) apply();
            resumeAfter(latencyMs(), () => answer).then(resolve, reject);
          });
        });
      if (chance(120)) {
        lands();
        return resumeAfter(RULES.requestTimeoutMs, () => ({ kind: "unanswered", reason: "no-answer" }));
      }
      if (chance(60)) return answered({ kind: "limited", notBeforeMs: now() + upTo(20_000) }, false);
      if (chance(60)) return answered({ kind: "failed", status: 500 }, true);
      if (chance(60)) return answered({ kind: "failed", status: 503 }, false);
      if (chance(30)) return answered({ kind: "unsent", reason: "connection-refused" }, false);
      return answered({ kind: "applied" }, true);
    };
    const writer: SegmentWriter = {
      maxMembers: 2,
      oneAction: false,
      closedUntilMs: () => undefined,
      ready: async () => ({ kind: "ready", send }),
    };
    const records = batch.map((message, index) => recordOf(message, messages.indexOf(message), index));
    const outcomes = await flush(
      records,
      {
        ledger: slow,
        clock: { now, sleep: (ms) => resumeAfter(ms, () => undefined) },
        budget: { allows: (ms) => startMs + FUNCTION_TIMEOUT_MS - time.now() >= ms },
        random: () => luck() / 1_001,
        noteFault: () => undefined,
        connections,
        routesOf: () => [{ environmentId: "environment", segmentOf: (id) => id, writer }],
      },
      rules,
    );
    const answer = await settleBatch(outcomes, {
      destination: "launchdarkly",
      nowMs: now(),
      random: () => luck() / 1_001,
      sendDeadLetters: async (letters) => letters.map(({ body }) => deadLetters.push(body) > 0),
      requeue: async (rest) => rest.map(() => false),
      setVisibility: async (changes) => {
        for (const { receiptHandle, seconds } of changes) {
          const message = messages[Number(receiptHandle)];
          if (message) message.visibleAt = time.now() + seconds * 1_000;
        }
      },
    });
    const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const record of records) {
      const message = messages[Number(record.receiptHandle)];
      if (message && !failed.has(record.messageId)) message.deleted = true;
    }
    end();
  };

  /** The event source: hands over what is visible, sometimes only part of it, sometimes something twice. */
  const poll = (): void => {
    const left = messages.filter((message) => !message.deleted);
    if (left.length === 0) return;
    // At least once: what is in flight or done may come again.
    const batch = messages.filter((message) =>
      !message.deleted && message.visibleAt <= time.now() ? !chance(500) : chance(15),
    );
    for (const message of batch) {
      message.receives += 1;
      message.visibleAt = time.now() + VISIBILITY_MS;
    }
    if (batch.length > 0) void invoke(batch);
    const nextVisible = Math.min(...left.map((message) => message.visibleAt));
    time.at(Math.max(time.now() + 50 + upTo(600), Math.min(nextVisible, time.now() + 5_000)), poll);
  };
  time.at(time.now(), poll);
  let events = 0;
  while ((unfinished > 0 || messages.some((message) => !message.deleted)) && events < MAX_EVENTS) {
    events += 1;
    if (!(await time.advance())) break;
  }
  const stuck = messages.filter((message) => !message.deleted).length;
  const wrong = differences(history.steps, segment);
  return {
    wrong: stuck > 0 ? [...wrong, `${stuck} messages were never done`] : wrong,
    deadLetters: deadLetters.length,
    events,
  };
}

/** Messages as ingest packs them: operations of one request, each with its place in it. */
function messagesOf(steps: readonly Step[], delayMs: () => number): Message[] {
  const numbers = [...new Set(steps.map((step) => step.message))];
  return numbers.map((number) => {
    const message: AudienceOperationsMessage = {
      v: 1,
      kind: "audience.operations",
      connection: "cdp",
      acceptedAt: START_MS,
      segments: [{ id: "beta", name: "Beta", kind: "user" }],
      operations: steps.flatMap((step, index) =>
        step.message === number
          ? [{ segment: 0, key: keyOf(step), action: step.action, at: step.at, index, id: `step-${index}` }]
          : [],
      ),
    };
    return { body: JSON.stringify(message), visibleAt: START_MS + delayMs(), receives: 0, deleted: false };
  });
}

function keyOf(step: Step): string {
  return `member-${step.member}`;
}

function recordOf(message: Message, number: number, index: number): SQSRecord {
  return {
    messageId: `${number}/${message.receives}/${index}`,
    receiptHandle: String(number),
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receives),
      ApproximateFirstReceiveTimestamp: String(START_MS),
      SentTimestamp: String(START_MS),
      SenderId: "ingest",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:audience-operations",
    awsRegion: "us-east-1",
  };
}

function differences(steps: readonly Step[], segment: ReadonlyMap<string, Action>): string[] {
  const newest = new Map<string, { readonly version: Version; readonly action: Action }>();
  steps.forEach((step, index) => {
    const version: Version = [step.at, START_MS, index, `step-${index}`];
    const held = newest.get(keyOf(step));
    if (!held || compareVersions(version, held.version) > 0)
      newest.set(keyOf(step), { version, action: step.action });
  });
  return [...newest].flatMap(([key, { action }]) => {
    const held = segment.get(key) ?? "remove";
    return held === action ? [] : [`${key}: LaunchDarkly holds ${held}, the newest operation says ${action}`];
  });
}
