import { type Fate, retrySoon, retryWithBackoff } from "../delivery/fate.ts";
import type { Refusal } from "../delivery/isolate.ts";
import type { Work } from "./apply-segment.ts";
import type { Candidate } from "./collapse.ts";
import type { Entry } from "./ledger/ledger.ts";

/** Why the work on a segment stops, how its hold ends, and what becomes of everything that is not settled yet. */
export type Halt = { readonly ending: "clean" | "dirty" | "stalled"; readonly fate: Fate };

/** One request and the entries of what it did. A refusal is for the caller to split; everything else is final. */
export async function deliverPart<Item>(
  work: Work<Item>,
  contextKind: string,
  part: readonly Candidate<Item>[],
): Promise<"delivered" | Refusal | Halt> {
  const { job, guard, ports, rules, settle } = work;
  const closedUntilMs = job.writer.closedUntilMs();
  if (closedUntilMs !== undefined)
    return { ending: "clean", fate: retryWithBackoff("rate-limited", closedUntilMs) };
  const hasTime = () => ports.budget.allows(rules.requestTimeoutMs + rules.writeTimeoutMs);
  if (!hasTime()) return { ending: "clean", fate: retrySoon("out-of-time") };
  const ready = await job.writer.ready();
  if (ready.kind === "misconfigured") return misconfigured(ready.reason);
  try {
    if (!(await guard.mayRequest())) return { ending: "clean", fate: retrySoon("hold-lost") };
  } catch (error) {
    ports.noteFault("hold.renew", error);
    return { ending: "clean", fate: ledgerUnavailable };
  }
  // Getting ready may have taken long.
  if (!hasTime()) return { ending: "clean", fate: retrySoon("out-of-time") };
  const answer = await ready.send({ segment: job.segment, contextKind, members: part });
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
      return { ending: "clean", fate: retryWithBackoff("rate-limited", answer.notBeforeMs) };
    case "misconfigured":
      return misconfigured(answer.reason);
    case "failed":
      return { ending: "dirty", fate: retryWithBackoff(`launchdarkly-${answer.status}`) };
    case "unsent":
      return { ending: "clean", fate: retryWithBackoff(answer.reason) };
    case "unanswered":
      return { ending: "stalled", fate: retryWithBackoff(answer.reason, guard.current().untilMs) };
  }
}

/**
 * Writes the entries of what LaunchDarkly holds now, and settles them. Until they are written the hold must not end
 * cleanly: the ledger would believe what LaunchDarkly no longer holds.
 */
export async function record<Item>(
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
    if (!(await guard.mayWrite())) return { ending: "dirty", fate: retrySoon("hold-lost") };
    await ports.ledger.writeEntries(job.ledgerSegment, contextKind, written);
  } catch (error) {
    // A write without an answer may land later, so nobody else may write before the hold has run out.
    ports.noteFault("entries.write", error);
    return { ending: "stalled", fate: retryWithBackoff("ledger-unavailable", guard.current().untilMs) };
  }
  for (const candidate of part) settle(candidate, { kind: "delivered", how });
  return undefined;
}

function misconfigured(reason: string): Halt {
  return { ending: "clean", fate: { kind: "retry", reason, delay: { kind: "configuration" } } };
}

export const ledgerUnavailable: Fate = retryWithBackoff("ledger-unavailable");
