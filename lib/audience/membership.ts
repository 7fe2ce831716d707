/** Whether a context is in a segment now. `unknown` is never guessed: a missing flag read as "no" empties segments in silence. */
export type Membership =
  | { readonly kind: "added" }
  | { readonly kind: "removed" }
  | { readonly kind: "unknown"; readonly reason: "absent" | "not-boolean" };

export type MembershipRules = {
  /** Read the texts "true" and "false" as booleans. */
  readonly lenientBooleans: boolean;
  /** Read a journey step that carries no boolean as an add; the text "false" is still unknown. */
  readonly journeyStepMeansAdd: boolean;
};

/**
 * Reads the flag that an audience computation wrote under its own key. The name of the event has no say: it can be
 * customized, and real events contradict it.
 */
export function membershipOf(
  flag: unknown,
  computation: "audience" | "journey_step",
  rules: MembershipRules,
): Membership {
  if (flag === true) return ADDED;
  if (flag === false) return REMOVED;
  if (rules.lenientBooleans && flag === "true") return ADDED;
  if (rules.lenientBooleans && flag === "false") return REMOVED;
  if (computation === "journey_step" && rules.journeyStepMeansAdd && !saysFalse(flag)) return ADDED;
  return flag === undefined || flag === null ? ABSENT : NOT_BOOLEAN;
}

function saysFalse(flag: unknown): boolean {
  return typeof flag === "string" && flag.toLowerCase() === "false";
}

const ADDED: Membership = { kind: "added" };
const REMOVED: Membership = { kind: "removed" };
const ABSENT: Membership = { kind: "unknown", reason: "absent" };
const NOT_BOOLEAN: Membership = { kind: "unknown", reason: "not-boolean" };
