import type { WriteAnswer } from "../../audience/segment-writer.ts";
import { refusalBy } from "../../delivery/call-outcome.ts";
import type { CallOutcome, Meanings } from "../../http/destination-call.ts";

/**
 * The statuses that differ for requests that change segments. After a refusal the segment is unchanged; after a failure that
 * is unknown.
 * https://launchdarkly.com/docs/guides/integrations/build-synced-segments
 */
export const SEGMENT_MEANINGS: Meanings = {
  400: "refused",
  413: "refused",
  422: "refused",
  409: "failed",
  // A gateway stopped waiting, but the server behind it may still apply the change.
  408: "gave-up",
  502: "gave-up",
  504: "gave-up",
};

/** Says what a call means for the segment. After a 403 about approvals a person decides: dead, with LaunchDarkly's message. */
export function writeAnswerOf(outcome: CallOutcome): WriteAnswer {
  switch (outcome.kind) {
    case "taken":
      return { kind: "applied" };
    case "refused":
      return refusalBy("launchdarkly", outcome);
    case "misconfigured": {
      const { status, body } = outcome;
      if (status === 403 && /approval/i.test(body))
        return { ...refusalBy("launchdarkly", outcome), kind: "forbidden", reason: "approval-required" };
      return { kind: "misconfigured", reason: `launchdarkly-${status}` };
    }
    case "limited":
      return { kind: "limited", notBeforeMs: outcome.untilMs };
    case "closed":
      return outcome;
    case "failed":
      return { kind: "failed", status: outcome.status };
    case "gave-up":
      return { kind: "unanswered", reason: `launchdarkly-${outcome.status}` };
    case "unanswered":
    case "unsent":
      return outcome;
    case "credential-replaced":
      return { kind: "unsent", reason: "token-rotated" };
    case "secret-unreadable":
      return secretUnreadable;
  }
}

export const secretUnreadable = { kind: "misconfigured", reason: "secret-unreadable" } as const;
