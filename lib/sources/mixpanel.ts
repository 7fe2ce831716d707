import { isObject } from "../json.ts";
import { segmentTextOf } from "./context.ts";
import { isAbsent } from "./items.ts";
import { actionOf, MEMBERS_DIALECTS, parseMembers } from "./members.ts";
import type { Parsed, Source, SourceRequest, VendorAnswers } from "./source.ts";

/**
 * Mixpanel's cohort webhook, in pages of up to 1,000 members. Each page stands alone, in any order, because a full list
 * (`members`) adds and never removes.
 * https://docs.mixpanel.com/docs/cohort-sync/webhooks
 */
export const mixpanel: Source = {
  parse: parseMixpanel,
  answers: { taken: answerTaken, refused: answerRefused },
};

/**
 * An unknown action or a cohort without an id refuses the request. After a 400 Mixpanel pauses the sync and mails the people
 * who set it up; on resuming it sends every change since its last success. After a 200 these changes would be lost.
 */
function parseMixpanel(request: SourceRequest): Parsed {
  const { body } = request;
  if (!isObject(body)) return { kind: "malformed", message: "expected a JSON object" };
  const { action, parameters } = body;
  const dialect = MEMBERS_DIALECTS.mixpanel;
  if (actionOf(action, dialect) === undefined) {
    return {
      kind: "malformed",
      message: `action: expected one of ${[...dialect.actions.keys()].join(", ")}`,
    };
  }
  if (!isObject(parameters)) return { kind: "malformed", message: "parameters: expected an object" };
  const cohortId = textOfId(parameters.mixpanel_cohort_id);
  const id = segmentTextOf(cohortId, "parameters.mixpanel_cohort_id");
  if (typeof id !== "string") return { kind: "malformed", message: `${id.field}: ${id.expected}` };
  // Mixpanel also calls when nothing changed; its documentation does not say whether the list is then empty or missing.
  const members = isAbsent(parameters.members) ? [] : parameters.members;
  return parseMembers(
    { ...request, body: { ...body, parameters: { ...parameters, mixpanel_cohort_id: id, members } } },
    dialect,
  );
}

/** The documentation shows a text; Mixpanel's other APIs return the cohort's id as a number. */
function textOfId(id: unknown): unknown {
  return Number.isSafeInteger(id) ? String(id) : id;
}

function answerTaken({ body }: Parameters<VendorAnswers["taken"]>[0]): object {
  return { action: actionIn(body), status: "success" };
}

/** Mixpanel shows the message to its users, who can look up its code in docs/errors.md and in the log. */
function answerRefused(
  { body }: { readonly body: unknown },
  { status, code, message, requestId }: Parameters<NonNullable<VendorAnswers["refused"]>>[1],
): object {
  return {
    action: actionIn(body),
    status: "failure",
    error: { message: `${message} (${code}, request ${requestId})`, code: status },
  };
}

/** The request's action, which the answer must repeat; null if unreadable or, as anybody can send a request, too long. */
function actionIn(body: unknown): string | null {
  const action = isObject(body) ? body.action : undefined;
  return typeof action === "string" && action.length <= MAX_ACTION_LENGTH ? action : null;
}

const MAX_ACTION_LENGTH = 64;
