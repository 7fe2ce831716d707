import type { HttpAnswer, HttpSession } from "./session.ts";

/** Requests that ended, by HTTP status or by why there was none. */
export type RequestCounts = Readonly<Record<string, number>>;

/** A session whose requests are counted. */
export function countingRequests(session: Pick<HttpSession, "send">): {
  readonly http: Pick<HttpSession, "send">;
  readonly requests: RequestCounts;
} {
  const requests: Record<string, number> = {};
  return {
    requests,
    http: {
      send: async (request) => {
        const answer = await session.send(request);
        const status = statusOf(answer);
        requests[status] = (requests[status] ?? 0) + 1;
        return answer;
      },
    },
  };
}

/** Statuses with metrics of their own. A destination that invents others must not create metrics. */
const NAMED_STATUSES = new Set([
  200, 201, 202, 204, 400, 401, 403, 404, 406, 408, 409, 413, 422, 429, 500, 502, 503, 504,
]);

function statusOf(answer: HttpAnswer): string {
  if (answer.kind !== "answered") return answer.reason;
  if (NAMED_STATUSES.has(answer.status)) return String(answer.status);
  return `${Math.floor(answer.status / 100)}xx`;
}
