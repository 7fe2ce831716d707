import type { SegmentChange, WriteAnswer } from "../../audience/segment-writer.ts";
import type { Refusal } from "../../delivery/isolate.ts";
import type { CallOutcome } from "../../http/destination-call.ts";
import type { FoundSegment, Objection } from "./found-segment.ts";
import { writeAnswerOf } from "./outcome.ts";

/** The parts of the next step that differ between the kinds of segments. */
export type KindRules = {
  /** Whether the segment is read before the first request of an invocation; otherwise only after a refusal. */
  readonly readsBeforeWriting: boolean;
  /** Returns the segment to create: empty, for members of this kind. */
  readonly made: (contextKind: string) => FoundSegment;
  readonly afterApplied: (found: FoundSegment, change: SegmentChange) => FoundSegment;
  /** Says why an existing segment cannot accept the change; undefined when it can. */
  readonly objection: (found: FoundSegment, change: SegmentChange) => Objection | undefined;
};

/** The result of reading a segment. */
export type Seen =
  | { readonly kind: "missing" }
  | { readonly kind: "present"; readonly found: FoundSegment }
  /** The segment exists, but LaunchDarkly's answer is too large or not as documented. */
  | { readonly kind: "unreadable" };

/** Why a segment is read: LaunchDarkly refused this change, or refused to create the segment; neither after a 404. */
export type Question = {
  readonly kind: "in-question";
  readonly refused?: { readonly change: SegmentChange; readonly refusal: Refusal };
  readonly notMade?: string;
};

/** What this invocation knows about a segment. The next invocation notices a segment created again with another kind. */
export type Knowledge = { readonly kind: "nothing" } | Question | Seen;

export const NOTHING: Knowledge = { kind: "nothing" };

export type Step =
  | { readonly kind: "look" }
  | { readonly kind: "make" }
  | { readonly kind: "write" }
  /** No request could succeed. `problem` is for the log. */
  | ({ readonly kind: "stop" } & Objection);

type Rules = Pick<KindRules, "readsBeforeWriting" | "objection">;

/**
 * Decides the next step for a change.
 *
 * | known | step |
 * |---|---|
 * | nothing | look if the kind reads before it writes, else write |
 * | in question | look |
 * | anything else | {@link stepKnowing} |
 */
export function nextStep(known: Knowledge, change: SegmentChange, rules: Rules): Step {
  switch (known.kind) {
    case "nothing":
      return { kind: rules.readsBeforeWriting ? "look" : "write" };
    case "in-question":
      return { kind: "look" };
    case "missing":
    case "present":
    case "unreadable":
      return stepKnowing(known, change, rules);
  }
}

/**
 * Decides the step after the segment was read. `asked` is the question that the read answers; it counts for this step only.
 *
 * | seen | asked | step |
 * |---|---|---|
 * | missing | making it was refused | stop: a person has to see LaunchDarkly's words |
 * | missing | | make |
 * | present | | stop if the kind objects |
 * | present, unreadable | this change was refused | stop: the refusal was about the change |
 * | present | | write |
 * | unreadable | | write; stop if the kind reads before it writes |
 */
export function stepKnowing(
  seen: Seen,
  change: SegmentChange,
  rules: Rules,
  asked?: Question,
): Exclude<Step, { readonly kind: "look" }> {
  switch (seen.kind) {
    case "missing":
      return asked?.notMade === undefined ? { kind: "make" } : notMadeBecause(asked.notMade);
    case "unreadable":
      if (rules.readsBeforeWriting)
        return { kind: "stop", answer: { kind: "unsent", reason: "segment-unreadable" } };
      break;
    case "present": {
      const objection = rules.objection(seen.found, change);
      if (objection) return { kind: "stop", ...objection };
    }
  }
  return asked?.refused?.change === change
    ? { kind: "stop", answer: asked.refused.refusal }
    : { kind: "write" };
}

/** The knowledge after a request, and the answer to the batcher. */
export type AfterRequest = { readonly known: Knowledge; readonly answer: WriteAnswer };

/** If somebody created the key meanwhile, the answer is 400 or 409, which is not documented: then the segment is read again. */
export function afterMaking(
  known: Knowledge,
  change: SegmentChange,
  outcome: CallOutcome,
  { made }: Pick<KindRules, "made">,
): AfterRequest {
  const again: WriteAnswer = { kind: "again", reason: "segment-unclear", isNew: true };
  const answer = writeAnswerOf(outcome);
  if (answer.kind === "applied")
    return { known: { kind: "present", found: made(change.contextKind) }, answer: again };
  if (answer.kind === "refused")
    return { known: { kind: "in-question", notMade: answer.cause }, answer: again };
  if (outcome.kind === "failed" && outcome.status === 409)
    return { known: { kind: "in-question", notMade: outcome.body }, answer: again };
  return { known, answer };
}

/** After a 404, or a refusal by a segment that was not read yet, the segment has to be read. */
export function afterWriting(
  known: Knowledge,
  change: SegmentChange,
  outcome: CallOutcome,
  { afterApplied }: Pick<KindRules, "afterApplied">,
): AfterRequest {
  const again: WriteAnswer = { kind: "again", reason: "segment-unclear", isNew: false };
  const answer = writeAnswerOf(outcome);
  if (outcome.kind === "misconfigured" && outcome.status === 404)
    return { known: { kind: "in-question" }, answer: again };
  if (answer.kind === "refused" && known.kind === "nothing")
    return { known: { kind: "in-question", refused: { change, refusal: answer } }, answer: again };
  if (answer.kind === "applied" && known.kind === "present")
    return { known: { kind: "present", found: afterApplied(known.found, change) }, answer };
  return { known, answer };
}

function notMadeBecause(words: string): { readonly kind: "stop" } & Objection {
  return {
    kind: "stop",
    answer: { kind: "misconfigured", reason: "segment-not-made" },
    problem: `LaunchDarkly does not let it be made: ${words}`,
  };
}
