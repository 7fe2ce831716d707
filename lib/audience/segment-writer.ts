import type { Evidence, Refusal } from "../delivery/isolate.ts";
import type { Closed } from "../http/breaker.ts";
import type { InTurn } from "../http/proof.ts";
import type { Action, SegmentName } from "../messages/operation.ts";

/** Changes of one segment that go out in one request. Each context key appears once. */
export type SegmentChange = {
  readonly segment: SegmentName;
  readonly contextKind: string;
  readonly members: readonly { readonly contextKey: string; readonly action: Action }[];
};

/** What is known after one request. The names say what it means for the segment, not which status it was. */
export type WriteAnswer =
  /** Everything in the request is in effect. */
  | { readonly kind: "applied" }
  /** Nothing took effect, and the content is to blame. `cause` is LaunchDarkly's answer, for an operator. */
  | Refusal
  /** As `refused`, but no other content would fare better and a person has to decide: dead at once. No status: nobody was asked. */
  | { readonly kind: "forbidden"; readonly status?: number; readonly reason: string; readonly cause: string }
  /** Nothing took effect; not before `notBeforeMs`. */
  | { readonly kind: "limited"; readonly notBeforeMs: number }
  /** Nothing took effect, and the configuration is to blame: token, project, environment. */
  | { readonly kind: "misconfigured"; readonly reason: string }
  /** Answered with a failure; some of it may be in effect. */
  | { readonly kind: "failed"; readonly status: number }
  /** The request never left. */
  | { readonly kind: "unsent"; readonly reason: string }
  /** No request was made: the environment is not asked at the moment. */
  | ({ readonly kind: "closed" } & Closed)
  /** No answer: it may take effect now, later, or never. */
  | { readonly kind: "unanswered"; readonly reason: string }
  | AskAgain;

/**
 * Nothing of the change took effect, and the writer knows more now: made ready again it does the next thing, under
 * the same hold, as a request that the hold covers as any other. `isNew`: the segment was not there a moment ago, so
 * what the ledger believes of its members is in doubt. `reason` is for the case that this goes on and on.
 */
export type AskAgain = { readonly kind: "again"; readonly reason: string; readonly isNew: boolean };

/** How changes of one segment reach LaunchDarkly. One request a call, ended by its own timeout. */
export type SegmentWriter = {
  readonly maxMembers: number;
  /** Adds and removes go in requests of their own. */
  readonly separatesActions: boolean;
  /** Shared by the segments of one environment for the length of an invocation. */
  readonly evidence: Evidence;
  /** Since when requests may start again, if the limits seen so far say that one would be refused now. */
  readonly closedUntilMs: () => number | undefined;
  /** Whether the environment is closed to every segment of this kind: asked before the ledger is. */
  readonly closed?: () => Closed | undefined;
  /** Does the work of one segment, as soon as the environment may be asked. At once where that is not known. */
  readonly inTurn?: InTurn;
  /** Whether the next request asks if the environment is back. */
  readonly awaitsProbe?: () => boolean;
  /**
   * Gets what the request needs, which may take a while and changes nothing in LaunchDarkly, and says how to send it.
   * Asked before the hold is: once the hold has been found long enough, nothing may delay the request.
   */
  readonly ready: (change: SegmentChange) => Promise<Ready>;
};

/** How to send the change that was asked about, or why it cannot be. */
export type Ready = { readonly kind: "ready"; readonly send: () => Promise<WriteAnswer> } | Unready;

/** Without a request that could have changed something: nothing took effect, and nothing will. */
export type Unready = Extract<
  WriteAnswer,
  { readonly kind: "refused" | "forbidden" | "limited" | "misconfigured" | "unsent" | "closed" }
>;
