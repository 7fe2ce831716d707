import type { SegmentChange, SegmentWriter, WriteAnswer } from "../../lib/audience/segment-writer.ts";

export type Applied = Exclude<WriteAnswer, { readonly kind: "again" }>;

/** A list segment that is not there takes four requests: write, look, make, write. */
const MOST_STEPS = 8;
const LONGEST_WAIT_MS = 30_000;
const RETRY_MS = 1_000;

/** Makes one change with a writer of the functions, to its end: their work on a segment that only this process writes to. */
export async function writeOnce(
  writer: SegmentWriter,
  change: SegmentChange,
  { now, sleep }: { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> },
): Promise<Applied> {
  let last: Applied = { kind: "unsent", reason: "segment-unclear" };
  for (let step = 1; step <= MOST_STEPS; step += 1) {
    const ready = await writer.ready(change);
    const answer = ready.kind === "ready" ? await ready.send() : ready;
    if (answer.kind === "again") continue;
    last = answer;
    if (answer.kind === "limited") {
      const waitMs = answer.notBeforeMs - now();
      if (waitMs > LONGEST_WAIT_MS) return answer;
      await sleep(Math.max(0, waitMs));
    } else if (answer.kind === "failed" || answer.kind === "unanswered" || answer.kind === "unsent")
      await sleep(RETRY_MS);
    else return answer;
  }
  return last;
}

/** Why a change is not in effect, as a person reads it. */
export function describeNotApplied(answer: Exclude<Applied, { readonly kind: "applied" }>): string {
  switch (answer.kind) {
    case "refused":
    case "forbidden":
      return `LaunchDarkly refuses it (${answer.reason}): ${answer.cause.slice(0, 200)}`;
    case "misconfigured":
      return `LaunchDarkly refuses it (${answer.reason})`;
    case "failed":
      return `LaunchDarkly answered ${answer.status}`;
    case "limited":
      return "LaunchDarkly's rate limit is used up";
    case "closed":
      return `LaunchDarkly is not asked at the moment (${answer.why})`;
    case "unsent":
    case "unanswered":
      return `LaunchDarkly did not take it (${answer.reason})`;
  }
}
