import { destinationClosed, type Fate, retrySoon, retryWithBackoff } from "../delivery/fate.ts";
import { deliverOrIsolate, isolate, searchGoesOn } from "../delivery/isolate.ts";
import { takeItems } from "../delivery/open-items.ts";
import type { Action } from "../messages/operation.ts";
import type { Candidate } from "./collapse.ts";
import { decide } from "./decide.ts";
import { deliverPart, ledgerUnavailable, writeEntries } from "./deliver-part.ts";
import { type Guard, type HoldRules, takeGuard } from "./hold.ts";
import type { Entry } from "./ledger/ledger.ts";
import type { ApplyPorts, Halt, SegmentJob, Work } from "./segment-work.ts";

/**
 * Brings one segment up to date under its hold, as soon as its environment may be asked: the protocol of docs/adr/0002. Every
 * item is settled exactly once; whatever stops the work settles the rest as `retry`, because what is not provably done has to
 * come again.
 */
export function applySegment(
  job: SegmentJob,
  settle: (item: number, fate: Fate) => void,
  ports: ApplyPorts,
  rules: HoldRules,
): Promise<void> {
  const { inTurn = (work) => work() } = job.writer;
  return inTurn(() => applyInTurn(job, settle, ports, rules));
}

async function applyInTurn(
  job: SegmentJob,
  settle: (item: number, fate: Fate) => void,
  ports: ApplyPorts,
  rules: HoldRules,
): Promise<void> {
  const settleOnce = (candidate: Candidate, fate: Fate): void => {
    takeItems(candidate, (item) => settle(item, fate));
  };
  const settleRest = (fate: Fate): void => {
    for (const members of job.kinds.values())
      for (const candidate of members.values()) settleOnce(candidate, fate);
  };

  const closed = job.writer.closed?.();
  if (closed) return settleRest(destinationClosed(closed));
  const closedUntilMs = job.writer.closedUntilMs();
  if (closedUntilMs !== undefined) return settleRest(retryWithBackoff("rate-limited", closedUntilMs));
  const { ledger, clock, budget } = ports;
  const mayWait = (ms: number): boolean => budget.allows(ms + rules.requestTimeoutMs + rules.writeTimeoutMs);
  if (!mayWait(0)) return settleRest(retrySoon("out-of-time"));
  let guard: Guard;
  try {
    const taken = await takeGuard(job.ledgerSegment, { ledger, clock, mayWait }, rules);
    if (taken.kind === "busy") return settleRest(busy(taken));
    guard = taken.guard;
  } catch (error) {
    ports.noteFault("hold.take", error);
    return settleRest(ledgerUnavailable);
  }
  const halt = await underHold({ job, guard, ports, rules, settle: settleOnce }).catch(
    (error: unknown): Halt => {
      // Nobody knows how far the work came, so the hold must expire before anybody writes again.
      ports.noteFault("segment.apply", error);
      return { ending: "stalled", fate: retryWithBackoff("internal-error", guard.current().untilMs) };
    },
  );
  if (halt) settleRest(halt.fate);
  try {
    const ending = halt?.ending ?? "clean";
    await (ending === "stalled" ? guard.stall() : guard.release(ending));
  } catch (error) {
    // The hold then stays until it expires, and the next holder does not trust what we wrote: that is slower, but never wrong.
    ports.noteFault("hold.release", error);
  }
}

async function underHold(work: Work): Promise<Halt | undefined> {
  for (const [contextKind, members] of work.job.kinds) {
    const halt = await underHoldOfKind(work, contextKind, [...members.values()]);
    if (halt) return halt;
  }
  return undefined;
}

/** Members whose entries are read together: enough to fill a request, few enough to make progress in a short time. */
const READ_AT_ONCE = 1_000;

/** After this many full requests the rest is less than a tenth of what was sent, and may wait to fill another request. */
export const FULL_REQUESTS = 10;

async function underHoldOfKind(
  work: Work,
  contextKind: string,
  members: readonly Candidate[],
): Promise<Halt | undefined> {
  const { ports, settle } = work;
  const { maxMembers, separatesActions } = work.job.writer;
  // If adds and removals need separate requests, removals go first: they make room in a full segment.
  const waiting: Record<Action, Candidate[]> = { remove: [], add: [] };
  let full = 0;
  // Separate add and remove requests leave two remainders; the smaller is spread over so many messages that redelivering them
  // costs more than it saves.
  const mayLeaveRest = ports.moreIsWaiting && !separatesActions;
  for (let start = 0; start < members.length; start += READ_AT_ONCE) {
    const read = await readSome(work, contextKind, members.slice(start, start + READ_AT_ONCE));
    if ("fate" in read) return read;
    for (const candidate of read) waiting[separatesActions ? candidate.action : "add"].push(candidate);
    const isLast = start + READ_AT_ONCE >= members.length;
    for (const group of Object.values(waiting)) {
      for (; group.length >= maxMembers; full += 1) {
        const halt = await deliver(work, contextKind, group.splice(0, maxMembers));
        if (halt) return halt;
      }
      if (group.length === 0 || !isLast) continue;
      // Only the last request may be less than full. It waits if it is part of what was read last, so that few messages are
      // received again.
      if (mayLeaveRest && full >= FULL_REQUESTS && group.length <= read.length) {
        const wait = waitForFullRequest(ports.clock.now());
        for (const candidate of group) settle(candidate, wait);
        continue;
      }
      const halt = await deliver(work, contextKind, group);
      if (halt) return halt;
    }
  }
  return undefined;
}

/** Its message is received again at once. The other operations in it are stale then, but their entries are read once more. */
function waitForFullRequest(nowMs: number): Fate {
  return { kind: "retry", reason: "waiting-for-a-full-request", delay: { kind: "at", atMs: nowMs } };
}

/** Reads and decides: what remains has to be sent. */
async function readSome(
  work: Work,
  contextKind: string,
  members: readonly Candidate[],
): Promise<readonly Candidate[] | Halt> {
  const { job, guard, ports, rules, settle } = work;
  if (!ports.budget.allows(rules.requestTimeoutMs + rules.writeTimeoutMs)) {
    return { ending: "clean", fate: retrySoon("out-of-time") };
  }
  let entries: ReadonlyMap<string, Entry>;
  try {
    const keys = members.map(({ contextKey }) => contextKey);
    entries = await ports.ledger.readEntries(job.ledgerSegment, contextKind, keys);
  } catch (error) {
    ports.noteFault("entries.read", error);
    return { ending: "clean", fate: ledgerUnavailable };
  }
  const toSend: Candidate[] = [];
  const toBump: Candidate[] = [];
  const nowMs = ports.clock.now();
  for (const candidate of members) {
    const decision = decide(candidate, entries.get(candidate.contextKey), guard.current(), nowMs);
    if (decision === "stale") settle(candidate, { kind: "delivered", how: "stale" });
    else if (decision === "unchanged") toBump.push(candidate);
    else toSend.push(candidate);
  }
  // Store the newer version even when nothing is sent; otherwise a late, older operation would look new.
  const since = (candidate: Candidate) => entries.get(candidate.contextKey);
  const halt =
    toBump.length > 0 ? await writeEntries(work, contextKind, toBump, since, "unchanged") : undefined;
  return halt ?? toSend;
}

async function deliver(
  work: Work,
  contextKind: string,
  part: readonly Candidate[],
): Promise<Halt | undefined> {
  const { job, ports, settle } = work;
  const { evidence, separatesActions } = job.writer;
  let isCutShort = false;
  const isolatePorts = {
    deliver: (some: readonly Candidate[]) => deliverPart(work, contextKind, some),
    settle: (candidate: Candidate, fate: Fate) => {
      if (fate === searchGoesOn) isCutShort = true;
      settle(candidate, fate);
    },
    evidence,
    random: ports.random,
    splits: ports.splits,
  };
  if (job.refusal && part.length > 1) return isolate(part, job.refusal, isolatePorts);
  if (part.length === 1 || separatesActions || !ports.postpone) {
    const halt = await deliverOrIsolate(part, isolatePorts);
    // An add must not meet a full segment while removals that would make room are still in flight.
    if (!halt && isCutShort && separatesActions) return { ending: "clean", fate: searchGoesOn };
    return halt;
  }
  const outcome = await deliverPart(work, contextKind, part);
  if (outcome === "delivered") {
    evidence.taken = true;
    return undefined;
  }
  if ("fate" in outcome) return outcome;
  const members = new Map(part.map((candidate) => [candidate.contextKey, candidate]));
  ports.postpone({ ...job, kinds: new Map([[contextKind, members]]), refusal: outcome });
  return undefined;
}

function busy(hold: { readonly untilMs: number; readonly stalled: boolean }): Fate {
  if (!hold.stalled) return retrySoon("segment-busy");
  return { kind: "retry", reason: "segment-stalled", delay: { kind: "at", atMs: hold.untilMs } };
}
