import type { Entry } from "../../lib/audience/ledger/ledger.ts";
import type { Action } from "../../lib/messages/operation.ts";

/** What is believed and what is there about one member. `entry` undefined: the ledger knows nothing. */
export type Seen = {
  readonly kind: string;
  readonly key: string;
  readonly entry: Entry | undefined;
  /** Whether it is in LaunchDarkly; null when nobody knows. */
  readonly member: boolean | null;
};

/** A member on which the sides differ. `repair` is the operation that brings them together. */
export type Drift = Seen & { readonly repair: Action };

export type DriftVerdict =
  | { readonly kind: "same" }
  | { readonly kind: "unknown" }
  | { readonly kind: "drift"; readonly drift: Drift };

/**
 * Compares what is known of one member. The truth is the file where there is one, else the ledger: a key that the ledger does not know
 * should not be a member.
 *
 * | truth says | ledger | LaunchDarkly | verdict |
 * |---|---|---|---|
 * | member | member | member | same |
 * | member | anything | not a member | drift: add |
 * | member | not a member | anything | drift: add |
 * | not a member | not a member | not a member | same |
 * | not a member | anything | member | drift: remove |
 * | not a member | member | anything | drift: remove |
 * | as the ledger | | unknown | unknown |
 */
export function verdictOn(seen: Seen, inFile: boolean | undefined): DriftVerdict {
  const inLedger = seen.entry?.action === "add";
  const wanted = inFile ?? inLedger;
  if (inLedger !== wanted || (seen.member !== null && seen.member !== wanted))
    return { kind: "drift", drift: { ...seen, repair: wanted ? "add" : "remove" } };
  return { kind: seen.member === null ? "unknown" : "same" };
}
