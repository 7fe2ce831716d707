import type { Entry, Ledger } from "../../lib/audience/ledger/ledger.ts";
import type { Ready, SegmentChange, WriteAnswer } from "../../lib/audience/segment-writer.ts";
import type { Action } from "../../lib/messages/operation.ts";
import { HOLD_RULES } from "../../test/support/hold-rules.ts";
import type { VirtualTime } from "../../test/support/virtual-time.ts";

/** What the simulation is told of how things go. Every answer is the harmless one once the luck is used up. */
export type Luck = {
  /** True about `perMille` times in a thousand. */
  readonly chance: (perMille: number) => boolean;
  readonly upTo: (ms: number) => number;
};

/** The times that the protocol assumes of the world, whatever rules the code under test is given. */
export const WORLD = HOLD_RULES;
export const FUNCTION_TIMEOUT_MS = 120_000;

/** Something that is under way and may still change the segment or the ledger. */
export type UnderWay = { readonly begin: () => void; readonly end: () => void };

/** One invocation's hold on life: it may be killed or frozen wherever it waits, and its clock may be off. */
export type Life = {
  readonly now: () => number;
  readonly isAlive: () => boolean;
  readonly end: () => void;
  readonly startMs: number;
  /** Goes on after `ms`, much later when it is frozen, and never when it is dead by then. */
  readonly resumeAfter: <T>(ms: number, value: () => T) => Promise<T>;
};

export function startLife(time: VirtualTime, luck: Luck, underWay: UnderWay): Life {
  const { chance, upTo } = luck;
  const startMs = time.now();
  const skewMs = upTo(WORLD.skewMs - 1);
  const killAfter = chance(350) ? upTo(25) : Number.POSITIVE_INFINITY;
  let alive = true;
  let steps = 0;
  const end = (): void => {
    if (alive) underWay.end();
    alive = false;
  };
  underWay.begin();
  time.at(startMs + FUNCTION_TIMEOUT_MS, end);
  return {
    startMs,
    now: () => time.now() + skewMs,
    isAlive: () => alive,
    end,
    resumeAfter: (ms, value) =>
      new Promise((resolve, reject) => {
        steps += 1;
        if (steps > killAfter) end();
        const frozenMs = chance(120) ? frozenFor(luck) : 0;
        time.at(time.now() + ms + frozenMs, () => {
          if (alive) Promise.resolve().then(value).then(resolve, reject);
        });
      }),
  };
}

/** Well into a hold, or about as long as one lasts: that is where it matters. */
function frozenFor({ chance, upTo }: Luck): number {
  return chance(500) ? upTo(45_000) : WORLD.holdMs - 8_000 + upTo(16_000);
}

export function latencyMs({ chance, upTo }: Luck): number {
  return 1 + (chance(200) ? upTo(4_000) : upTo(60));
}

/** A ledger far away: effects take their time, answers get lost, and a write without an answer may land late. */
export function distantLedger(
  ledger: Ledger,
  time: VirtualTime,
  luck: Luck,
  life: Life,
  underWay: UnderWay,
): Ledger {
  const arrivesAfter = <T>(ms: number, effect: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      underWay.begin();
      time.at(time.now() + ms, () => void effect().then(resolve, reject).finally(underWay.end));
    });
  const call = async <T>(effect: () => Promise<T>): Promise<T> => {
    const answer = await arrivesAfter(latencyMs(luck), effect);
    const isLost = luck.chance(15);
    return life.resumeAfter(latencyMs(luck), () => {
      if (isLost) throw new Error("the ledger did not answer");
      return answer;
    });
  };
  return {
    takeHold: (...args) => call(() => ledger.takeHold(...args)),
    renewHold: (...args) => call(() => ledger.renewHold(...args)),
    releaseHold: (...args) => call(() => ledger.releaseHold(...args)),
    stallHold: (...args) => call(() => ledger.stallHold(...args)),
    readEntries: (...args) => call(() => ledger.readEntries(...args)),
    writeEntries: async (segment, kind, entries) => {
      const startMs = time.now();
      // Entry by entry: a real write is many calls, and some of them may be done when it fails.
      const write = (entry: [string, Entry]) => () => ledger.writeEntries(segment, kind, new Map([entry]));
      if (!luck.chance(40)) {
        await Promise.all([...entries].map((entry) => arrivesAfter(latencyMs(luck), write(entry))));
        await life.resumeAfter(latencyMs(luck), () => undefined);
        return;
      }
      for (const entry of entries)
        void arrivesAfter(luck.upTo(WORLD.writeTimeoutMs + WORLD.landingMs), write(entry));
      await life.resumeAfter(
        Math.min(latencyMs(luck), startMs + WORLD.writeTimeoutMs - time.now()),
        () => undefined,
      );
      throw new Error("the ledger did not answer a write");
    },
  };
}

/** What LaunchDarkly holds of the segment, which may have to be made first. */
export type DistantSegment = { exists: boolean; readonly members: Map<string, Action> };

/**
 * LaunchDarkly as far as one sender knows: refusals, limits, failures before and after they applied, lost answers, and
 * a segment that is to be made first, by whoever finds that it is missing.
 */
export function distantSegment(
  segment: DistantSegment,
  time: VirtualTime,
  luck: Luck,
  life: Life,
  underWay: UnderWay,
): (change: SegmentChange) => Promise<Ready> {
  const { chance, upTo } = luck;
  /** One request that has an effect, and every way in which it may go. */
  const request = (apply: () => WriteAnswer): Promise<WriteAnswer> => {
    const startMs = time.now();
    /** Takes effect some time before the protocol's assumption ends, counted from its start, or never. */
    const lands = (): void => {
      if (chance(300)) return;
      underWay.begin();
      const latestMs = WORLD.requestTimeoutMs + WORLD.landingMs;
      const landsMs = startMs + latestMs - (chance(500) ? upTo(3_000) : upTo(latestMs));
      time.at(Math.max(time.now(), landsMs), () => {
        apply();
        underWay.end();
      });
    };
    const answered = (answer: () => WriteAnswer): Promise<WriteAnswer> =>
      new Promise((resolve, reject) => {
        time.at(startMs + latencyMs(luck) + (chance(500) ? upTo(5_000) : 0), () => {
          // Whoever dies while the request is under way leaves it to land.
          if (!life.isAlive()) return lands();
          const given = answer();
          life.resumeAfter(latencyMs(luck), () => given).then(resolve, reject);
        });
      });
    const unapplied = (answer: WriteAnswer): Promise<WriteAnswer> => answered(() => answer);
    if (chance(120)) {
      lands();
      return life.resumeAfter(WORLD.requestTimeoutMs, () => ({ kind: "unanswered", reason: "no-answer" }));
    }
    if (chance(60)) return unapplied({ kind: "limited", notBeforeMs: life.now() + upTo(20_000) });
    if (chance(60)) {
      return answered(() => {
        apply();
        return { kind: "failed", status: 500 };
      });
    }
    if (chance(60)) return unapplied({ kind: "failed", status: 503 });
    if (chance(30)) return unapplied({ kind: "unsent", reason: "connection-refused" });
    if (chance(30)) return unapplied({ kind: "misconfigured", reason: "launchdarkly-401" });
    if (chance(60))
      return unapplied({ kind: "refused", status: 400, reason: "refused-by-launchdarkly", cause: "" });
    return answered(apply);
  };
  /** Whether it is made or was there already, by whomever: asked again, the sender writes to it. */
  const make = (): WriteAnswer => {
    segment.exists = true;
    return { kind: "again", reason: "segment-unclear", isNew: true };
  };
  const write = (change: SegmentChange): WriteAnswer => {
    for (const { contextKey, action } of change.members) segment.members.set(contextKey, action);
    return { kind: "applied" };
  };
  return async (change) => {
    // What it sees may be otherwise when it sends.
    const exists = await life.resumeAfter(latencyMs(luck), () => segment.exists);
    return { kind: "ready", send: () => request(exists ? () => write(change) : make) };
  };
}
