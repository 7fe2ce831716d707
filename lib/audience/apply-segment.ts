import type { Fate } from "../delivery/fate.ts";
import type { TimeBudget } from "../delivery/time-budget.ts";
import type { Candidate } from "./collapse.ts";
import { decide } from "./decide.ts";
import { type Clock, type Guard, type HoldRules, takeGuard } from "./hold.ts";
import { type Halt, isolate } from "./isolate.ts";
import type { Entry, Ledger, LedgerSegment } from "./ledger/ledger.ts";
import type { SegmentName } from "./operation.ts";
import type { Refusal, SegmentWriter } from "./segment-writer.ts";

/** The newest operations of one segment of one environment, by context kind and context key. */
export type SegmentJob<Item> = {
  readonly ledgerSegment: LedgerSegment;
  readonly segment: SegmentName;
  readonly kinds: ReadonlyMap<string, ReadonlyMap<string, Candidate<Item>>>;
  readonly writer: SegmentWriter;
};

export type ApplyPorts = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly budget: TimeBudget;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Something went wrong that the protocol survives; an operator may want to know. */
  readonly noteFault: (step: string, error: unknown) => void;
};

/**
 * Brings one segment up to date under its hold: the protocol of docs/adr/0002. Every candidate is settled exactly
 * once; whatever stops the work settles the rest as `retry`, because what is not provably done has to come again.
 */
export async function applySegment<Item>(
  job: SegmentJob<Item>,
  settle: (candidate: Candidate<Item>, fate: Fate) => void,
  ports: ApplyPorts,
  rules: HoldRules,
): Promise<void> {
  const open = new Set([...job.kinds.values()].flatMap((members) => [...members.values()]));
  const settleOnce = (candidate: Candidate<Item>, fate: Fate): void => {
    if (open.delete(candidate)) settle(candidate, fate);
  };
  const settleRest = (fate: Fate): void => {
    for (const candidate of [...open]) settleOnce(candidate, fate);
  };

  const closedUntilMs = job.writer.closedUntilMs();
  if (closedUntilMs !== undefined) return settleRest(limited(closedUntilMs));
  const mayWait = (ms: number): boolean => ports.budget.allows(ms + rules.requestTimeoutMs + rules.writeTimeoutMs);
  if (!mayWait(0)) return settleRest(soon("out-of-time"));
  let guard: Guard;
  try {
    const taken = await takeGuard(job.ledgerSegment, { ...ports, mayWait }, rules);
    if (taken.kind === "busy") return settleRest(busy(taken));
    guard = taken.guard;
  } catch (error) {
    ports.noteFault("hold.take", error);
    return settleRest(ledgerUnavailable);
  }
  const halt = await underHold({ job, guard, ports, rules, settle: settleOnce }).catch(
    (error: unknown): Halt => {
      // Where it broke off is unknown, so the hold must run out before anybody writes again.
      ports.noteFault("segment.apply", error);
      return { ending: "stalled", fate: backoff("internal-error", guard.current().untilMs) };
    },
  );
  if (halt) settleRest(halt.fate);
  try {
    const ending = halt?.ending ?? "clean";
    await (ending === "stalled" ? guard.stall() : guard.release(ending));
  } catch (error) {
    // The hold then stands until it expires, and whoever takes it over doubts what we wrote: slower, never wrong.
    ports.noteFault("hold.release", error);
  }
}

type Work<Item> = {
  readonly job: SegmentJob<Item>;
  readonly guard: Guard;
  readonly ports: ApplyPorts;
  readonly rules: HoldRules;
  readonly settle: (candidate: Candidate<Item>, fate: Fate) => void;
};

async function underHold<Item>(work: Work<Item>): Promise<Halt | undefined> {
  for (const [contextKind, members] of work.job.kinds) {
    const halt = await underHoldOfKind(work, contextKind, members);
    if (halt) return halt;
  }
  return undefined;
}

async function underHoldOfKind<Item>(
  work: Work<Item>,
  contextKind: string,
  members: ReadonlyMap<string, Candidate<Item>>,
): Promise<Halt | undefined> {
  const { job, guard, ports, settle } = work;
  let entries: ReadonlyMap<string, Entry>;
  try {
    entries = await ports.ledger.readEntries(job.ledgerSegment, contextKind, [...members.keys()]);
  } catch (error) {
    ports.noteFault("entries.read", error);
    return { ending: "clean", fate: ledgerUnavailable };
  }
  const toSend: Candidate<Item>[] = [];
  const toBump: Candidate<Item>[] = [];
  const nowMs = ports.clock.now();
  for (const candidate of members.values()) {
    const decision = decide(candidate, entries.get(candidate.contextKey), guard.current(), nowMs);
    if (decision === "stale") settle(candidate, { kind: "delivered", how: "stale" });
    else if (decision === "unchanged") toBump.push(candidate);
    else toSend.push(candidate);
  }
  if (toBump.length > 0) {
    // Without the bump an older opposite that comes later would pass for news.
    const since = (candidate: Candidate<Item>) => entries.get(candidate.contextKey);
    const halt = await record(work, contextKind, toBump, since, "unchanged");
    if (halt) return halt;
  }
  const deliver = (part: readonly Candidate<Item>[]) => deliverPart(work, contextKind, part);
  for (const part of partsOf(toSend, job.writer)) {
    const outcome = await deliver(part);
    if (outcome === "delivered") continue;
    const halt =
      "fate" in outcome ? outcome : await isolate(part, outcome, { deliver, settle, random: ports.random });
    if (halt) return halt;
  }
  return undefined;
}

/** What goes out together. */
function partsOf<Item>(
  toSend: readonly Candidate<Item>[],
  writer: SegmentWriter,
): (readonly Candidate<Item>[])[] {
  const groups = writer.oneAction
    ? (["add", "remove"] as const).map((action) => toSend.filter((candidate) => candidate.action === action))
    : [toSend];
  const { maxMembers } = writer;
  return groups.flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / maxMembers) }, (_, part) =>
      group.slice(part * maxMembers, (part + 1) * maxMembers),
    ),
  );
}

/** One request and the entries of what it did. A refusal is for the caller to split; everything else is final. */
async function deliverPart<Item>(
  work: Work<Item>,
  contextKind: string,
  part: readonly Candidate<Item>[],
): Promise<"delivered" | Refusal | Halt> {
  const { job, guard, ports, rules, settle } = work;
  const closedUntilMs = job.writer.closedUntilMs();
  if (closedUntilMs !== undefined) return { ending: "clean", fate: limited(closedUntilMs) };
  if (!ports.budget.allows(rules.requestTimeoutMs + rules.writeTimeoutMs))
    return { ending: "clean", fate: soon("out-of-time") };
  try {
    if (!(await guard.mayRequest())) return { ending: "clean", fate: soon("hold-lost") };
  } catch (error) {
    ports.noteFault("hold.renew", error);
    return { ending: "clean", fate: ledgerUnavailable };
  }
  const answer = await job.writer.send({ segment: job.segment, contextKind, members: part });
  switch (answer.kind) {
    case "applied": {
      const acknowledged = { n: guard.current().n, at: ports.clock.now() };
      return (await record(work, contextKind, part, () => acknowledged, "applied")) ?? "delivered";
    }
    case "refused":
      return answer;
    case "forbidden":
      for (const candidate of part) settle(candidate, { ...answer, kind: "dead" });
      return "delivered";
    case "limited":
      return { ending: "clean", fate: limited(answer.notBeforeMs) };
    case "misconfigured":
      return {
        ending: "clean",
        fate: { kind: "retry", reason: answer.reason, delay: { kind: "configuration" } },
      };
    case "failed":
      return { ending: "dirty", fate: backoff(`launchdarkly-${answer.status}`) };
    case "unsent":
      return { ending: "clean", fate: backoff(answer.reason) };
    case "unanswered":
      return { ending: "stalled", fate: backoff(answer.reason, guard.current().untilMs) };
  }
}

/**
 * Writes the entries of what LaunchDarkly holds now, and settles them. Until they are written the hold must not end
 * cleanly: the ledger would believe what LaunchDarkly no longer holds.
 */
async function record<Item>(
  work: Work<Item>,
  contextKind: string,
  part: readonly Candidate<Item>[],
  since: (candidate: Candidate<Item>) => Pick<Entry, "n" | "at"> | undefined,
  how: "applied" | "unchanged",
): Promise<Halt | undefined> {
  const { job, guard, ports, settle } = work;
  const written = new Map<string, Entry>();
  for (const candidate of part) {
    const acknowledged = since(candidate);
    if (!acknowledged) continue;
    const { version, action } = candidate;
    written.set(candidate.contextKey, { version, action, n: acknowledged.n, at: acknowledged.at });
  }
  try {
    if (!(await guard.mayWrite())) return { ending: "dirty", fate: soon("hold-lost") };
    await ports.ledger.writeEntries(job.ledgerSegment, contextKind, written);
  } catch (error) {
    // A write without an answer may land later, so nobody else may write before the hold has run out.
    ports.noteFault("entries.write", error);
    return { ending: "stalled", fate: backoff("ledger-unavailable", guard.current().untilMs) };
  }
  for (const candidate of part) settle(candidate, { kind: "delivered", how });
  return undefined;
}

function backoff(reason: string, notBeforeMs?: number): Fate {
  return {
    kind: "retry",
    reason,
    delay: { kind: "backoff", ...(notBeforeMs !== undefined && { notBeforeMs }) },
  };
}

function soon(reason: string): Fate {
  return { kind: "retry", reason, delay: { kind: "soon" } };
}

function limited(notBeforeMs: number): Fate {
  return backoff("rate-limited", notBeforeMs);
}

function busy(hold: { readonly untilMs: number; readonly stalled: boolean }): Fate {
  if (!hold.stalled) return soon("segment-busy");
  return { kind: "retry", reason: "segment-stalled", delay: { kind: "at", atMs: hold.untilMs } };
}

const ledgerUnavailable: Fate = backoff("ledger-unavailable");
