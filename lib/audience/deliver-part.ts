import { destinationClosed, type Fate, retrySoon, retryWithBackoff } from "../delivery/fate.ts";
import type { Refusal } from "../delivery/isolate.ts";
import type { Candidate } from "./collapse.ts";
import type { Entry } from "./ledger/ledger.ts";
import type { Halt, Work } from "./segment-work.ts";
import type { SegmentChange, WriteAnswer } from "./segment-writer.ts";

/** Requests that one part may take: read, create the segment, lose a race to create it, read, send, ask why. */
const MAX_ROUNDS = 6;

/** One request and the entries of what it did. A refusal is for the caller to split; everything else is final. */
export async function deliverPart(
  work: Work,
  contextKind: string,
  part: readonly Candidate[],
): Promise<"delivered" | Refusal | Halt> {
  const { job, guard, ports, settle } = work;
  const change: SegmentChange = { segment: job.segment, contextKind, members: part };
  let answer = await sendOne(work, change);
  for (let round = 1; answer.kind === "again"; round += 1) {
    if (answer.isNew) guard.doubt();
    if (round === MAX_ROUNDS) break;
    answer = await sendOne(work, change);
  }
  switch (answer.kind) {
    case "halt":
      return answer.halt;
    case "applied": {
      const acknowledged = { n: guard.current().n, at: ports.clock.now() };
      return (await writeEntries(work, contextKind, part, () => acknowledged, "applied")) ?? "delivered";
    }
    case "refused":
      return answer;
    case "forbidden":
      for (const candidate of part) settle(candidate, { ...answer, kind: "dead" });
      return "delivered";
    case "limited":
      return { ending: "clean", fate: retryWithBackoff("rate-limited", answer.notBeforeMs) };
    case "closed":
      return { ending: "clean", fate: destinationClosed(answer) };
    case "misconfigured":
      return misconfigured(answer.reason);
    case "failed":
      return { ending: "dirty", fate: retryWithBackoff(`launchdarkly-${answer.status}`) };
    case "unsent":
    case "again":
      return { ending: "clean", fate: retryWithBackoff(answer.reason) };
    case "unanswered":
      return { ending: "stalled", fate: retryWithBackoff(answer.reason, guard.current().untilMs) };
  }
}

/** Sends one request when the hold, the time and the limits allow it. */
async function sendOne(
  { job, guard, ports, rules }: Work,
  change: SegmentChange,
): Promise<WriteAnswer | { readonly kind: "halt"; readonly halt: Halt }> {
  const whyNot = (): { readonly kind: "halt"; readonly halt: Halt } | undefined => {
    const closed = job.writer.closed?.();
    if (closed) return halted(destinationClosed(closed));
    const closedUntilMs = job.writer.closedUntilMs();
    if (closedUntilMs !== undefined) return halted(retryWithBackoff("rate-limited", closedUntilMs));
    if (!ports.budget.allows(rules.requestTimeoutMs + rules.writeTimeoutMs))
      return halted(retrySoon("out-of-time"));
    return undefined;
  };
  const early = whyNot();
  if (early) return early;
  const ready = await job.writer.ready(change);
  if (ready.kind !== "ready") return ready;
  try {
    if (!(await guard.mayRequest())) return halted(retrySoon("hold-lost"));
  } catch (error) {
    ports.noteFault("hold.renew", error);
    return halted(ledgerUnavailable);
  }
  // The preparation may have taken long, and may have used up the limit.
  return whyNot() ?? ready.send();
}

function halted(fate: Fate): { readonly kind: "halt"; readonly halt: Halt } {
  return { kind: "halt", halt: { ending: "clean", fate } };
}

/**
 * Writes the entries of what LaunchDarkly holds now, and settles them. Until they are written the hold must not be released:
 * the ledger would state what is no longer true in LaunchDarkly.
 */
export async function writeEntries(
  work: Work,
  contextKind: string,
  part: readonly Candidate[],
  since: (candidate: Candidate) => Pick<Entry, "n" | "at"> | undefined,
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
    if (!(await guard.mayWrite())) return { ending: "dirty", fate: retrySoon("hold-lost") };
    await ports.ledger.writeEntries(job.ledgerSegment, contextKind, written);
  } catch (error) {
    // An unanswered write may take effect later, so nobody else may write before the hold has expired.
    ports.noteFault("entries.write", error);
    return { ending: "stalled", fate: retryWithBackoff("ledger-unavailable", guard.current().untilMs) };
  }
  // All items share one object: nothing changes a fate, and a full batch has tens of thousands of items.
  const delivered: Fate = { kind: "delivered", how };
  for (const candidate of part) settle(candidate, delivered);
  return undefined;
}

function misconfigured(reason: string): Halt {
  return { ending: "clean", fate: { kind: "retry", reason, delay: { kind: "configuration" } } };
}

export const ledgerUnavailable: Fate = retryWithBackoff("ledger-unavailable");
