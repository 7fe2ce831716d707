import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";
import type { Context, LookAtSegment, Membership } from "../../lib/launchdarkly/membership/membership.ts";
import { writerText } from "../../lib/launchdarkly/membership/places.ts";
import type { Action } from "../../lib/messages/operation.ts";
import type { Bundle } from "../bundle.ts";
import { type DeadOperation, factsOf, holdFact } from "./facts.ts";
import { type KnownLookups, knownPlaces } from "./known.ts";
import { type HoldFact, isoTime, verdictOf } from "./verdict.ts";

export type Explanation = {
  readonly context: Context;
  readonly segment: { readonly id: string };
  readonly destinations: readonly ExplainedDestination[];
};

export type ExplainedDestination = {
  /** The environment's name in connections.yml. */
  readonly environment: string;
  readonly writer: string;
  /** The newest operation that LaunchDarkly acknowledged. Times as ISO 8601. */
  readonly ledger: {
    readonly action: Action;
    readonly at: string;
    readonly acceptedAt: string;
    readonly id: string;
    readonly acknowledgedAt: string;
  } | null;
  readonly launchdarkly: Membership;
  readonly deadLetters: readonly ExplainedLetter[];
  readonly verdict: string;
};

export type ExplainedLetter = {
  readonly id: string;
  readonly queue: string;
  readonly reason: string;
  readonly cause: string;
  readonly action: Action;
  readonly at: string;
  readonly acceptedAt: string;
  /** The operation's own. */
  readonly operation: string;
};

/** What a person is told besides what is in the contract. */
export type ShownDestination = ExplainedDestination & {
  readonly writerText: string;
  readonly hold: HoldFact;
};

export type ShownExplanation = Omit<Explanation, "destinations"> & {
  readonly destinations: readonly ShownDestination[];
};

export type ExplainPorts = KnownLookups & {
  readonly bundle: Pick<Bundle, "connections" | "where">;
  readonly ledger: Pick<LedgerListing, "entries">;
  readonly look: LookAtSegment;
};

/**
 * Why a context is in a segment or is not, in each environment: what the ledger, the hold, the dead letters and LaunchDarkly say, and
 * what that means together.
 * @throws {OperatorProblem} for a connection or a segment that nobody knows
 */
export async function explain(
  asked: { readonly segmentId: string; readonly context: Context; readonly connection: string | undefined },
  ports: ExplainPorts,
): Promise<ShownExplanation> {
  const { segmentId, context } = asked;
  const known = await knownPlaces(asked, ports);
  const { where } = ports.bundle;
  const targetOptions = where.kind === "stage" ? ` --stage ${where.stage}` : "";
  const destinations = await Promise.all(
    known.map(async ({ place, hold, looked, letters }) => {
      const { ledgerSegment } = place;
      const [entries, membership] = await Promise.all([
        ports.ledger.entries(ledgerSegment, context.kind, [context.key]),
        looked.memberOf(context),
      ]);
      const entry = entries.get(context.key);
      const nowMs = ports.now();
      const dead = letters.filter(
        ({ operation }) => operation.contextKind === context.kind && operation.contextKey === context.key,
      );
      const facts = factsOf({ entry, hold, dead, membership, nowMs });
      return {
        environment: place.environment,
        writer: place.writer,
        ledger: entry
          ? {
              action: entry.action,
              at: isoTime(entry.version[0]),
              acceptedAt: isoTime(entry.version[1]),
              id: entry.version[3],
              acknowledgedAt: isoTime(entry.at),
            }
          : null,
        launchdarkly: membership,
        deadLetters: dead.map(explainedLetter),
        verdict: verdictOf(facts, { segmentId, targetOptions, nowMs }),
        writerText: writerText(place),
        hold: holdFact(hold, nowMs),
      };
    }),
  );
  return { context, segment: { id: segmentId }, destinations };
}

function explainedLetter({ operation, letterId, queue, reason, cause }: DeadOperation): ExplainedLetter {
  const [atMs, acceptedAtMs, , id] = operation.version;
  return {
    id: letterId,
    queue,
    reason,
    cause,
    action: operation.action,
    at: isoTime(atMs),
    acceptedAt: isoTime(acceptedAtMs),
    operation: id,
  };
}
