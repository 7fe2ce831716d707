import { describe, expect, test } from "vitest";
import { SENTENCES } from "./verdict.sentences.ts";
import type { Facts, HoldFact, LaunchdarklyFact, LedgerFact, LettersFact } from "./verdict.ts";
import { timeText, verdictOf } from "./verdict.ts";

const at = (time: string): number => Date.parse(`2026-11-29T${time}Z`);
const nowMs = at("10:10:00");
const operation = {
  atMs: at("10:01:58"),
  acceptedAtMs: at("10:02:00"),
  acknowledgedAtMs: at("10:02:03"),
  id: "m-42",
};
const newest = { action: "add", atMs: at("09:00:00"), reason: "too-old", letterId: "7f" } as const;

const LEDGERS: readonly LedgerFact[] = [
  { kind: "none" },
  { kind: "added", ...operation },
  { kind: "removed", ...operation },
];
const LAUNCHDARKLY: readonly LaunchdarklyFact[] = [
  { kind: "member" },
  { kind: "absent" },
  { kind: "unknown", why: "launchdarkly-403" },
];
const HOLDS: readonly HoldFact[] = [
  { kind: "free" },
  { kind: "busy", untilMs: at("10:10:05") },
  { kind: "stalled", untilMs: at("10:11:00") },
];
const LETTERS: readonly LettersFact[] = [
  { kind: "none" },
  { kind: "older", count: 1, newest },
  { kind: "newer", count: 1, newest: { ...newest, atMs: at("10:05:00") } },
];

const every: readonly Facts[] = LEDGERS.flatMap((ledger) =>
  LAUNCHDARKLY.flatMap((launchdarkly) =>
    HOLDS.flatMap((hold) => LETTERS.map((letters) => ({ ledger, launchdarkly, hold, letters }))),
  ),
);

/** Without an entry in the ledger, a dead letter is newer than all that is there. */
const possible = every.filter(({ ledger, letters }) => ledger.kind !== "none" || letters.kind !== "older");
const nameOf = ({ ledger, launchdarkly, hold, letters }: Facts) =>
  `ledger ${ledger.kind}, LaunchDarkly ${launchdarkly.kind}, hold ${hold.kind}, dead letters ${letters.kind}`;
const named = { segmentId: "vip", targetOptions: "", nowMs };

test("the table has a sentence for every combination that there can be, and no two are alike", () => {
  expect(Object.keys(SENTENCES)).toEqual(possible.map(nameOf));
  expect(new Set(Object.values(SENTENCES)).size).toBe(possible.length);
});

test.each(possible.map((facts) => [nameOf(facts), facts] as const))("%s", (name, facts) => {
  expect(verdictOf(facts, named)).toBe(SENTENCES[name]);
});

describe("a sentence", () => {
  const facts: Facts = {
    ledger: { kind: "added", ...operation },
    launchdarkly: { kind: "absent" },
    hold: { kind: "free" },
    letters: { kind: "newer", count: 3, newest: { ...newest, action: "remove" } },
  };

  test("counts dead letters when they are several, and says when LaunchDarkly is as the dead one wants", () => {
    expect(verdictOf(facts, named)).toContain(
      "A removal true at 09:00:00 is a dead letter (too-old) (3 dead letters name it): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
    );
  });

  test("gives commands for the same stage, and a segment as a shell takes it", () => {
    const stage = { segmentId: "it's VIP", targetOptions: " --stage prod", nowMs };
    expect(verdictOf(facts, stage)).toContain(
      "`flagbridge diff --segment 'it'\\''s VIP' --repair --stage prod` sends it again",
    );
    expect(verdictOf(facts, stage)).toContain("`flagbridge dead-letters show 7f --stage prod`");
  });
});

test.each([
  ["the same day", at("09:00:00"), "09:00:00"],
  ["another day", Date.parse("2026-01-02T03:04:05Z"), "2026-01-02 03:04:05"],
  ["no time that a date can have", 9e15, "9000000000000000 ms"],
])("a time of %s", (_what, ms, text) => {
  expect(timeText(ms, nowMs)).toBe(text);
});
