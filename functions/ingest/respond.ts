import { MAX_LISTED_REJECTIONS, type Rejection } from "../../lib/sources/source.ts";
import { REFUSALS, type Refusal, refuse } from "./refusal.ts";
import { CORS_HEADERS, preflightHeaders, type Route } from "./route.ts";
import { type ItemTally, isAllRejected, sumOf } from "./tally.ts";

/** An answer as API Gateway takes it. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export type Answer = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What became of a request's items, with the first rejections one by one. */
export type Taken = ItemTally & { readonly rejected: readonly Rejection[] };

/** The answer, with the body that the vendor expects instead of ours if there is one. */
export function withBody(answer: Answer, body: object | undefined): Answer {
  return body ? { ...answer, body: JSON.stringify(body) } : answer;
}

/** As LaunchDarkly answers a request that it took. */
export const ANSWER_SEGMENT_TARGETS: Answer = { statusCode: 204, headers: {}, body: "" };

/**
 * Exactly 200, also when nothing could be used: analytics-python takes every other 2xx for a failure, and SDKs that repeat a
 * 4xx would repeat what can never be taken. Who reads the body finds `success` false there.
 */
export function answerTaken(taken: Taken): Answer {
  const { accepted, ignoredByKind, rejected, rejectedByCode } = taken;
  const total = sumOf(rejectedByCode);
  const notListed = total - Math.min(total, MAX_LISTED_REJECTIONS);
  return answerJson(200, {
    success: !isAllRejected(taken),
    accepted,
    ignored: sumOf(ignoredByKind),
    rejected,
    ...(notListed > 0 && { rejectedNotListed: notListed }),
  });
}

/** `code` and `message` stand at the top, where SDKs look: analytics-python repeats a JSON error that has no `code`. */
export function answerRefused({ code, message, headers }: Refusal, requestId: string): Answer {
  const answer = answerJson(REFUSALS[code], { code, message, requestId });
  return headers ? withHeaders(answer, headers) : answer;
}

/** The answer to an error that nobody expected. Senders repeat a 500. */
export function answerFault(requestId: string): Answer {
  return answerRefused(
    refuse("internal_error", "this is a fault of Flagbridge; its log says where"),
    requestId,
  );
}

export function answerHealth(version: string): Answer {
  return answerJson(200, { status: "ok", version });
}

/** Documentation that a browser shows may read it from any page: it is the same in every deployment and has no secret. */
export function answerOpenapi(document: string): Answer {
  return withHeaders({ ...answerJson(200, {}), body: document }, CORS_HEADERS);
}

export function answerPreflight(requestedHeaders: string): Answer {
  return { statusCode: 204, headers: preflightHeaders(requestedHeaders), body: "" };
}

/** The answer as the page that asked may read it; unchanged on routes that no browser uses. */
export function forBrowsers(answer: Answer, { kind }: Route | Refusal): Answer {
  return kind === "tracking" || kind === "preflight" ? withHeaders(answer, CORS_HEADERS) : answer;
}

export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function answerJson(statusCode: number, body: object): Answer {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
