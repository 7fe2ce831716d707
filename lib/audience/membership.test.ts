import { describe, expect, test } from "vitest";
import { type Membership, membershipOf } from "./membership.ts";

const strict = { lenientBooleans: false, journeyStepMeansAdd: false };
const lenient = { lenientBooleans: true, journeyStepMeansAdd: false };
const journeys = { lenientBooleans: false, journeyStepMeansAdd: true };
const both = { lenientBooleans: true, journeyStepMeansAdd: true };

type Answer = "added" | "removed" | "absent" | "not-boolean";

/** One row per flag, one column per computation and rules: this table is the whole rule. */
const columns = [
  ["an audience, strict", "audience", strict],
  ["an audience, lenient", "audience", lenient],
  ["an audience, journeyStepMeansAdd", "audience", journeys],
  ["a journey step, strict", "journey_step", strict],
  ["a journey step, lenient", "journey_step", lenient],
  ["a journey step, journeyStepMeansAdd", "journey_step", journeys],
  ["a journey step, both", "journey_step", both],
] as const;

const rows: readonly (readonly [unknown, ...Answer[]])[] = [
  [true, "added", "added", "added", "added", "added", "added", "added"],
  [false, "removed", "removed", "removed", "removed", "removed", "removed", "removed"],
  ["true", "not-boolean", "added", "not-boolean", "not-boolean", "added", "added", "added"],
  ["false", "not-boolean", "removed", "not-boolean", "not-boolean", "removed", "not-boolean", "removed"],
  [
    "False",
    "not-boolean",
    "not-boolean",
    "not-boolean",
    "not-boolean",
    "not-boolean",
    "not-boolean",
    "not-boolean",
  ],
  [undefined, "absent", "absent", "absent", "absent", "absent", "added", "added"],
  [null, "absent", "absent", "absent", "absent", "absent", "added", "added"],
  ["", "not-boolean", "not-boolean", "not-boolean", "not-boolean", "not-boolean", "added", "added"],
  [1, "not-boolean", "not-boolean", "not-boolean", "not-boolean", "not-boolean", "added", "added"],
  [0, "not-boolean", "not-boolean", "not-boolean", "not-boolean", "not-boolean", "added", "added"],
];

describe.each(rows)("a flag of %j", (flag, ...answers) => {
  test.each(
    columns.map(([name, computation, rules], index) => [name, answers[index], computation, rules] as const),
  )("of %s is %s", (_name, answer, computation, rules) => {
    expect(shortly(membershipOf(flag, computation, rules))).toBe(answer);
  });
});

function shortly(membership: Membership): Answer {
  return membership.kind === "unknown" ? membership.reason : membership.kind;
}
