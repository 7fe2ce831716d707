import { SEGMENTS_SIDE_BY_SIDE } from "../../functions/audience-batcher/flush.ts";
import { destinationClosed, type Fate, retrySoon, retryWithBackoff } from "../../lib/delivery/fate.ts";
import {
  afterEnd,
  afterStart,
  type BreakerState,
  closedBy,
  type Ending,
  openState,
} from "../../lib/http/breaker.ts";
import { MAX_MEMBERS } from "../../lib/launchdarkly/segments/synced/request.ts";
import type { Clock } from "./clock.ts";
import type { Holds } from "./holds.ts";
import { WORKING_MS } from "./model.ts";
import type { Parameters } from "./parameters.ts";

export const BROKEN = "broken";
export const NAMES = [BROKEN, "first neighbour", "second neighbour"] as const;
export type Name = (typeof NAMES)[number];

/** A hold as deployed: what was sent without an answer rests for the whole of it. */
export const HOLD_MS = 60_000;

export type Message = {
  readonly to: Name;
  readonly segment: number;
  readonly sentMs: number;
  readonly stands: number;
  receives: number;
};

/** The state that a process keeps of its destination. */
export type Breaker = { state: BreakerState };

export function startBreaker(): Breaker {
  return { state: openState };
}

/** What a request says of its messages, which are applied without a fate, and of the destination, if it was made. */
export type Answer = { readonly fate?: Fate; readonly ending?: Ending };

export type World = {
  readonly clock: Clock;
  readonly holds: Holds;
  readonly of: Parameters;
  readonly request: (to: Name) => Promise<Answer>;
  readonly applied: (message: Message) => void;
  readonly noteRead: (to: Name) => void;
};

/** An invocation: what is not applied has a fate afterwards. */
export async function workOn(
  batch: readonly Message[],
  breaker: Breaker | undefined,
  world: World,
): Promise<ReadonlyMap<Message, Fate>> {
  const { clock, holds, of, request } = world;
  const startedMs = clock.now();
  const fates = new Map<Message, Fate>();
  const closedFate = (): Fate | undefined => {
    const closed = breaker && closedBy(breaker.state, clock.now());
    return closed && destinationClosed(closed);
  };
  const settle = (messages: readonly Message[], fate: Fate): void => {
    for (const message of messages) fates.set(message, fate);
  };
  const apply = async (key: string, messages: readonly Message[]): Promise<void> => {
    const [first] = messages;
    if (!first) return;
    const early = closedFate();
    if (early) return settle(messages, early);
    if (clock.now() - startedMs >= WORKING_MS) return settle(messages, retrySoon("out-of-time"));
    const taken = await holds.take(key);
    if (taken.kind === "busy") {
      const stalled = retryWithBackoff("segment-stalled", taken.untilMs);
      return settle(messages, taken.untilMs === undefined ? retrySoon("segment-busy") : stalled);
    }
    const takenMs = clock.now();
    await clock.sleep(2 * of.ledgerCallMs);
    world.noteRead(first.to);
    const requests = requestsOf(messages);
    for (const [at, part] of requests.entries()) {
      const closed = closedFate();
      const { fate, ending } = closed ? { fate: closed } : await ask(first.to);
      if (!fate) {
        part.forEach(world.applied);
        continue;
      }
      settle(requests.slice(at).flat(), fate);
      if (ending?.kind === "silent") return holds.stall(key, takenMs + HOLD_MS);
      break;
    }
    holds.release(key);
  };
  const ask = async (to: Name): Promise<Answer> => {
    if (!breaker) return request(to);
    const role = breaker.state.kind === "open" ? "other" : "probe";
    breaker.state = afterStart(breaker.state, clock.now());
    const answer = await request(to);
    const ending = answer.ending ?? { kind: "answered" };
    breaker.state = afterEnd(breaker.state, ending, { nowMs: clock.now(), role });
    return answer;
  };
  const jobs = [...Map.groupBy(batch, ({ to, segment }) => `${to} ${segment}`)];
  // The first request to a destination of which nothing is known, or whose silence may be over, goes alone.
  const [alone] = breaker ? jobs.splice(0, 1) : [];
  if (alone) await apply(...alone);
  const next = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await apply(...job);
  };
  await Promise.all(Array.from({ length: SEGMENTS_SIDE_BY_SIDE }, next));
  return fates;
}

/** Full requests, and one for the rest. */
function requestsOf(messages: readonly Message[]): readonly (readonly Message[])[] {
  const requests: Message[][] = [];
  let room = 0;
  for (const message of messages) {
    room -= message.stands;
    const open = room < 0 ? undefined : requests.at(-1);
    if (open) open.push(message);
    else {
      requests.push([message]);
      room = MAX_MEMBERS - message.stands;
    }
  }
  return requests;
}
