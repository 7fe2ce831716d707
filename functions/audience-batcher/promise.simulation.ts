import type { HoldRules } from "../../lib/audience/hold.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { attributesOfCopy } from "../../lib/delivery/copied-record.ts";
import { noEvidence } from "../../lib/delivery/isolate.ts";
import { settleBatch } from "../../lib/delivery/settle.ts";
import { splitBudget } from "../../lib/delivery/split-budget.ts";
import type { AudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import type { Action } from "../../lib/messages/operation.ts";
import { compareVersions, type Version } from "../../lib/messages/version.ts";
import {
  type SimulatedMessage,
  type SimulatedQueue,
  simulatedQueue,
} from "../../test/support/simulated-queue.ts";
import { type VirtualTime, virtualTime } from "../../test/support/virtual-time.ts";
import { flush } from "./flush.ts";
import {
  type DistantSegment,
  distantLedger,
  distantSegment,
  FUNCTION_TIMEOUT_MS,
  type Luck,
  startLife,
  type UnderWay,
  WORLD,
} from "./promise.invocation.ts";

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
export type History = {
  readonly steps: readonly Step[];
  readonly tape: readonly number[];
  readonly maxMembers: number;
};

/** `wrong`: members in which LaunchDarkly differs from the newest operation. `stuck`: messages that were never done. */
export type Verdict = {
  readonly wrong: readonly string[];
  readonly stuck: number;
  readonly redriven: number;
};

const VISIBILITY_MS = 200_000;
const MAX_EVENTS = 100_000;
const START_MS = 1_800_000_000_000;

const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
  connections: { cdp: { source: "flagbridge", secret: "cdp", audiences: { to: ["production"] } } },
});

/** What the settling is told of a copy, by whether the queue has it and whether its answer arrived. */
export type Confirm = (copy: { readonly isQueued: boolean; readonly isAnswered: boolean }) => boolean;

const confirmAsItIs: Confirm = ({ isQueued, isAnswered }) => isQueued && isAnswered;

/**
 * Runs a history against the batcher's real code: concurrent invocations, duplicates, reordering, refusals, failures
 * before and after they applied, lost answers, effects that land after their sender died, senders killed or frozen
 * between any two steps, dead letters that are redriven late, copies that back off in place of their originals: lost ones,
 * ones whose confirmation is lost, and senders that die between a copy and its original's end.
 */
export async function run(
  history: History,
  ledger: Ledger,
  rules: HoldRules = WORLD,
  confirm: Confirm = confirmAsItIs,
): Promise<Verdict> {
  const time = virtualTime(START_MS);
  const luck = luckOf(history.tape);
  const segment: DistantSegment = { exists: !luck.chance(500), members: new Map() };
  const queue = simulatedQueue({ now: time.now, visibilityMs: VISIBILITY_MS });
  sendMessages(queue, history.steps, luck);
  let unfinished = 0;
  let redriven = 0;
  const underWay: UnderWay = {
    begin: () => {
      unfinished += 1;
    },
    end: () => {
      unfinished -= 1;
    },
  };

  const invoke = async (batch: readonly SimulatedMessage[]): Promise<void> => {
    const records = queue.receive(batch);
    const life = startLife(time, luck, underWay);
    const writer = {
      maxMembers: history.maxMembers,
      separatesActions: false,
      evidence: noEvidence(),
      closedUntilMs: () => undefined,
      ready: distantSegment(segment, time, luck, life, underWay),
    };
    const outcomes = await flush(
      records,
      {
        ledger: distantLedger(ledger, time, luck, life, underWay),
        clock: { now: life.now, sleep: (ms) => life.resumeAfter(ms, () => undefined) },
        budget: { allows: (ms) => life.startMs + FUNCTION_TIMEOUT_MS - time.now() >= ms },
        random: () => luck.upTo(999) / 1_000,
        splits: splitBudget(life.now),
        noteFault: () => undefined,
        connections,
        to: {
          destination: "environment",
          routeOf: () => ({ environmentId: "environment", segmentOf: (id) => id, writer }),
        },
      },
      rules,
    );
    const enqueue = (copy: Pick<SimulatedMessage, "body" | "attributes">, delayMs: number): boolean => {
      queue.send(copy, delayMs);
      return true;
    };
    const answer = await settleBatch(outcomes, {
      service: "launchdarkly",
      nowMs: life.now(),
      random: () => luck.upTo(999) / 1_000,
      // A person looks at a dead letter and puts it back, hours or days later.
      sendDeadLetters: async (letters) => {
        redriven += letters.length;
        return letters.map((letter) => enqueue(letter, luck.upTo(3 * 86_400_000)));
      },
      requeue: async (copies) =>
        copies.map(({ body, attributes, delaySeconds }) => {
          const isQueued = !luck.chance(100) && enqueue({ body, attributes }, delaySeconds * 1_000);
          return confirm({ isQueued, isAnswered: !luck.chance(100) });
        }),
      setVisibility: queue.setVisibility,
    });
    // Lambda deletes what its function answered for: one that dies here leaves copies beside their originals.
    if (outcomes.length > 0 && luck.chance(50)) return life.end();
    queue.deleteDone(batch, answer.batchItemFailures);
    life.end();
  };

  pollFrom(time, luck, queue, invoke);
  const isOver = () => unfinished === 0 && queue.left().length === 0;
  for (let events = 0; events < MAX_EVENTS && !isOver(); events += 1) await time.advance();
  return {
    wrong: differences(history.steps, segment.members),
    stuck: queue.left().length,
    redriven,
  };
}

function luckOf(tape: readonly number[]): Luck {
  let drawn = 0;
  const draw = (): number => tape[drawn++] ?? 0;
  return {
    chance: (perMille) => draw() > 1_000 - perMille,
    upTo: (ms) => Math.floor((draw() / 1_000) * ms),
  };
}

/** The event source: hands over what is visible, often only part of it, sometimes what is in flight or done. */
function pollFrom(
  time: VirtualTime,
  { chance, upTo }: Luck,
  queue: SimulatedQueue,
  invoke: (batch: readonly SimulatedMessage[]) => Promise<void>,
): void {
  const poll = (): void => {
    const left = queue.left();
    const batch = queue
      .all()
      .filter((message) =>
        queue.isLeft(message) && message.visibleAtMs <= time.now() ? !chance(500) : chance(15),
      );
    if (batch.length > 0) void invoke(batch);
    const nextMs = Math.min(...left.map((message) => message.visibleAtMs));
    // An invocation may make messages visible earlier than it seems now, but not by more than its own length.
    const latestMs = time.now() + (nextMs > time.now() + VISIBILITY_MS ? FUNCTION_TIMEOUT_MS : 5_000);
    time.at(Math.max(time.now() + 50 + upTo(600), Math.min(nextMs, latestMs)), poll);
  };
  time.at(time.now(), poll);
}

/** A copy of what failed often enough to back off for up to a quarter of an hour. */
const LONG_REFUSED = attributesOfCopy(
  {
    messageId: "earlier",
    receiptHandle: "earlier",
    receives: 10,
    earlierReceives: 0,
    firstReceivedAtMs: START_MS,
    sentAtMs: START_MS,
    queuedAtMs: START_MS,
  },
  START_MS,
);

/** Sends messages as ingest packs them: operations of one request, each with its place in it. */
function sendMessages(queue: SimulatedQueue, steps: readonly Step[], { chance, upTo }: Luck): void {
  for (const number of new Set(steps.map((step) => step.message))) {
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
    const delayMs = chance(150) ? upTo(400_000) : upTo(3_000);
    queue.send({ body: JSON.stringify(message), attributes: chance(400) ? LONG_REFUSED : {} }, delayMs);
  }
}

function keyOf(step: Step): string {
  return `member-${step.member}`;
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
