import { describe, expect, test } from "vitest";
import type { SegmentChange } from "../../audience/segment-writer.ts";
import type { CallOutcome } from "../../http/destination-call.ts";
import type { FoundSegment, Objection } from "./found-segment.ts";
import {
  afterMaking,
  afterWriting,
  type KindRules,
  type Knowledge,
  NOTHING,
  nextStep,
  type Question,
  type Seen,
  type Step,
  stepKnowing,
} from "./keyed-step.ts";

const change: SegmentChange = {
  segment: { id: "vip", name: "VIP" },
  contextKind: "user",
  members: [{ contextKey: "ana", action: "add" }],
};
const otherChange: SegmentChange = { ...change };
const refusal = { kind: "refused", status: 400, reason: "refused-by-launchdarkly", cause: "no" } as const;
const objection: Objection = { answer: { kind: "misconfigured", reason: "segment-is-big" }, problem: "big" };

const list: FoundSegment = { kind: "list", included: new Set(), excluded: 0 };
const full: FoundSegment = { kind: "list", included: new Set(["user ana"]), excluded: 0 };
const rules = (readsBeforeWriting: boolean): KindRules => ({
  readsBeforeWriting,
  made: () => list,
  afterApplied: () => full,
  objection: (found) => (found.kind === "big" ? objection : undefined),
});

const missing: Seen = { kind: "missing" };
const present: Seen = { kind: "present", found: list };
const ofOtherKind: Seen = { kind: "present", found: { kind: "big", contextKind: "user" } };
const unreadable: Seen = { kind: "unreadable" };
const inQuestion: Question = { kind: "in-question" };
const refused: Question = { kind: "in-question", refused: { change, refusal } };
const notMade: Question = { kind: "in-question", notMade: "a view is required" };

const WRITE: Step = { kind: "write" };
const REFUSED: Step = { kind: "stop", answer: refusal };
const NOT_MADE = {
  kind: "stop",
  answer: { kind: "misconfigured", reason: "segment-not-made" },
  problem: expect.stringContaining("a view is required"),
};

describe("the next step", () => {
  test.each<[string, Knowledge, boolean, Step]>([
    ["of a kind that reads first", NOTHING, true, { kind: "look" }],
    ["of a kind that writes first", NOTHING, false, WRITE],
    ["in question", inQuestion, false, { kind: "look" }],
    ["known to be missing", missing, false, { kind: "make" }],
    ["known to be there", present, true, WRITE],
    ["known to be of another kind", ofOtherKind, false, { kind: "stop", ...objection }],
  ])("for a segment %s", (_circumstance, known, readsBeforeWriting, expected) => {
    expect(nextStep(known, change, rules(readsBeforeWriting))).toEqual(expected);
  });

  test.each<[string, Seen, Question | undefined, boolean, unknown]>([
    ["missing", missing, undefined, true, { kind: "make" }],
    ["missing after a 404", missing, inQuestion, true, { kind: "make" }],
    ["missing though its making was refused", missing, notMade, true, NOT_MADE],
    ["missing after a refusal of the change", missing, refused, true, { kind: "make" }],
    ["there", present, undefined, true, WRITE],
    ["there after a 404", present, inQuestion, false, WRITE],
    ["there after a refusal of the change", present, refused, false, REFUSED],
    ["there after a refusal of its making", present, notMade, false, WRITE],
    ["of another kind", ofOtherKind, refused, false, { kind: "stop", ...objection }],
    ["unreadable", unreadable, undefined, false, WRITE],
    ["unreadable after a refusal of the change", unreadable, refused, false, REFUSED],
    [
      "unreadable, of a kind that reads first",
      unreadable,
      refused,
      true,
      { kind: "stop", answer: { kind: "unsent", reason: "segment-unreadable" } },
    ],
  ])("after a look that shows the segment %s", (_circumstance, seen, asked, reads, expected) => {
    expect(stepKnowing(seen, change, rules(reads), asked)).toEqual(expected);
  });

  test("takes a refusal for that of the change it was about, and of no other", () => {
    expect(stepKnowing(present, otherChange, rules(false), refused)).toEqual(WRITE);
  });
});

const outcome = (kind: "taken" | "refused" | "misconfigured" | "failed", status: number): CallOutcome => ({
  kind,
  status,
  body: "no",
});

describe("after a request", () => {
  test.each<[string, CallOutcome, Knowledge, string]>([
    ["that made the segment", outcome("taken", 201), present, "again"],
    ["to make it that was refused", outcome("refused", 400), { ...inQuestion, notMade: "no" }, "again"],
    ["to make it whose key is taken", outcome("failed", 409), { ...inQuestion, notMade: "no" }, "again"],
    ["to make it in a wrong place", outcome("misconfigured", 404), missing, "misconfigured"],
    ["to make it that failed", outcome("failed", 500), missing, "failed"],
  ])("%s, this is known", (_circumstance, made, known, answer) => {
    const after = afterMaking(missing, change, made, rules(true));
    expect(after.known).toEqual(known);
    expect(after.answer).toMatchObject({ kind: answer, ...(answer === "again" && { isNew: true }) });
  });

  test.each<[string, Knowledge, CallOutcome, Knowledge, string]>([
    ["that was applied", present, outcome("taken", 204), { kind: "present", found: full }, "applied"],
    ["that was applied unseen", NOTHING, outcome("taken", 204), NOTHING, "applied"],
    ["that found nothing", present, outcome("misconfigured", 404), inQuestion, "again"],
    ["that was refused unseen", NOTHING, outcome("refused", 400), refused, "again"],
    ["that was refused by what is known", present, outcome("refused", 400), present, "refused"],
    ["that failed", present, outcome("failed", 500), present, "failed"],
  ])("%s, this is known", (_circumstance, before, written, known, answer) => {
    const after = afterWriting(before, change, written, rules(false));
    expect(after.known).toEqual(known);
    expect(after.answer).toMatchObject({
      ...(answer === "refused" ? refusal : { kind: answer }),
      ...(answer === "again" && { isNew: false }),
    });
  });
});
