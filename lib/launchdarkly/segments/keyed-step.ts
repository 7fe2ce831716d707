import type { SegmentChange, WriteAnswer } from "../../audience/segment-writer.ts";
import type { Refusal } from "../../delivery/isolate.ts";
import type { CallOutcome } from "../../http/destination-call.ts";
import type { FoundSegment, Objection } from "./found-segment.ts";
import { writeAnswerOf } from "./outcome.ts";

/** What one kind of segment has of its own for the next step. */
export type KindRules = {
  /** Looked at before the first request of an invocation; otherwise only after one was refused. */
  readonly readsBeforeWriting: boolean;
  /** The segment as it is made: empty, for members of this kind. */
  readonly made: (contextKind: string) => FoundSegment;
  readonly afterApplied: (found: FoundSegment, change: SegmentChange) => FoundSegment;
  /** Why a segment that is there cannot take the change; undefined when it can. */
  readonly objection: (found: FoundSegment, change: SegmentChange) => Objection | undefined;
};

/** What a look at a segment shows. */
export type Seen =
  | { readonly kind: "missing" }
  | { readonly kind: "present"; readonly found: FoundSegment }
  /** It is there, and what LaunchDarkly shows of it is too much, or not as documented. */
  | { readonly kind: "unreadable" };

/** Why a segment is looked at: a refusal of this change, or of its making; neither after a 404. */
export type Question = {
  readonly kind: "in-question";
  readonly refused?: { readonly change: SegmentChange; readonly refusal: Refusal };
  readonly notMade?: string;
};

/** What this invocation knows of a segment. A segment that was made again with another kind is noticed by the next. */
export type Knowledge = { readonly kind: "nothing" } | Question | Seen;

export const NOTHING: Knowledge = { kind: "nothing" };

export type Step =
  | { readonly kind: "look" }
  | { readonly kind: "make" }
  | { readonly kind: "write" }
  /** No request would do any good. `problem` is for the log. */
  | ({ readonly kind: "stop" } & Objection);

type Rules = Pick<KindRules, "readsBeforeWriting" | "objection">;

/**
 * What to do next for a change.
 *
 * | known | step |
 * |---|---|
 * | nothing | look where the kind reads before it writes, else write |
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
 * The step once the segment has been looked at. `asked` is the question that the look was to answer: it counts for this
 * step only.
 *
 * | seen | asked | step |
 * |---|---|---|
 * | missing | making it was refused | stop: a person has to see LaunchDarkly's words |
 * | missing | | make |
 * | present | | stop if the kind objects |
 * | present, unreadable | this change was refused | stop: the refusal was about the change |
 * | present | | write |
 * | unreadable | | write; stop where the kind reads before it writes |
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

/** What is known after a request, and what the batcher is told. */
export type AfterRequest = { readonly known: Knowledge; readonly answer: WriteAnswer };

/** A key that is taken meanwhile answers 400 or 409, which of them is not documented: then it is looked at again. */
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

/** A 404, or a refusal by a segment that nobody has looked at, puts the segment in question. */
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
