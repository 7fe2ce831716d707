import type { Entry } from "../../lib/audience/ledger/ledger.ts";
import type { ListedHold } from "../../lib/audience/ledger/listing.ts";
import type { Membership } from "../../lib/launchdarkly/membership/membership.ts";
import type { AudienceOperation } from "../../lib/messages/operation.ts";
import { compareVersions } from "../../lib/messages/version.ts";
import type { Facts, HoldFact, LaunchdarklyFact, LedgerFact, LettersFact } from "./verdict.ts";

/** An operation on the member that is in a dead letter. */
export type DeadOperation = {
  readonly operation: AudienceOperation;
  readonly letterId: string;
  readonly queue: string;
  readonly reason: string;
  readonly cause: string;
};

export type Read = {
  readonly entry: Entry | undefined;
  readonly hold: ListedHold | undefined;
  readonly dead: readonly DeadOperation[];
  readonly membership: Membership;
  readonly nowMs: number;
};

/** What was read of the four places, as the sentences are chosen by it. */
export function factsOf({ entry, hold, dead, membership, nowMs }: Read): Facts {
  return {
    ledger: ledgerFact(entry),
    hold: holdFact(hold, nowMs),
    letters: lettersFact(dead, entry),
    launchdarkly: launchdarklyFact(membership),
  };
}

function ledgerFact(entry: Entry | undefined): LedgerFact {
  if (!entry) return { kind: "none" };
  const [atMs, acceptedAtMs, , id] = entry.version;
  const kind = { add: "added", remove: "removed" } as const;
  return { kind: kind[entry.action], atMs, acceptedAtMs, acknowledgedAtMs: entry.at, id };
}

/** A hold that has run out is in nobody's way: whoever comes next takes it over. */
export function holdFact(hold: ListedHold | undefined, nowMs: number): HoldFact {
  if (hold?.untilMs === undefined || hold.untilMs <= nowMs) return { kind: "free" };
  return { kind: hold.stalled ? "stalled" : "busy", untilMs: hold.untilMs };
}

function lettersFact(dead: readonly DeadOperation[], entry: Entry | undefined): LettersFact {
  const [newest] = [...dead].sort((a, b) => compareVersions(b.operation.version, a.operation.version));
  if (!newest) return { kind: "none" };
  const { operation, reason, letterId } = newest;
  const isNewer = !entry || compareVersions(operation.version, entry.version) > 0;
  return {
    kind: isNewer ? "newer" : "older",
    count: new Set(dead.map((one) => one.letterId)).size,
    newest: { action: operation.action, atMs: operation.version[0], reason, letterId },
  };
}

function launchdarklyFact({ member, how }: Membership): LaunchdarklyFact {
  if (member === null) return { kind: "unknown", why: how };
  return { kind: member ? "member" : "absent" };
}
