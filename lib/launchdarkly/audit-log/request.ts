import { afterAnswer, type CountedRequest, closedUntil } from "../../http/rate-limit.ts";
import type { HttpAnswer } from "../../http/session.ts";
import { readJson } from "../../json.ts";
import { API_VERSION, type ApiPorts, type ApiSettings } from "../rest-api.ts";
import { MAX_ANSWER_BYTES, MAX_PAGE_ENTRIES } from "./limits.ts";
import { outcomeOf, type ReadFailure } from "./outcome.ts";
import type { Place } from "./paging.ts";
import { type Page, readPage } from "./wire.ts";

export type AuditLog = {
  /** The page at a place of the entries that a resource specifier selects, from `from` on (Unix ms, inclusive). */
  readonly page: (query: AuditLogQuery) => Promise<({ readonly kind: "page" } & Page) | ReadFailure>;
  /** One entry with everything that LaunchDarkly has of it, as webhooks bring it. */
  readonly entry: (id: string) => Promise<{ readonly kind: "entry"; readonly entry: unknown } | ReadFailure>;
};

export type AuditLogQuery = { readonly spec: string; readonly from: number; readonly place: Place };

/**
 * Reads the audit log of an account: `GET /api/v2/auditlog` and `GET /api/v2/auditlog/{id}`. No request starts that the
 * headers seen so far say would be refused.
 * https://launchdarkly.com/docs/api/audit-log
 */
export function auditLog({ api, timeoutMs, userAgent }: ApiSettings, ports: ApiPorts): AuditLog {
  /** When a request may start; undefined means now. */
  const closed = (counted: CountedRequest): number | undefined =>
    closedUntil(ports.limit.get(counted), ports.now());

  const get = async (path: string, counted: CountedRequest & { readonly token: string }) => {
    const answer = await ports.http.send({
      method: "GET",
      url: `${api}${path}`,
      headers: { authorization: counted.token, "ld-api-version": API_VERSION, "user-agent": userAgent },
      body: "",
      timeoutMs,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    if (answer.kind === "answered")
      ports.limit.set(afterAnswer(ports.limit.get(counted), { ...answer, nowMs: ports.now() }), counted);
    return answer;
  };

  const read = async (path: string, route: string) => {
    const early = closed({ route });
    if (early !== undefined) return { kind: "limited", untilMs: early } as const;
    let answer: HttpAnswer;
    let token: string;
    try {
      token = await ports.accessToken();
      const untilMs = closed({ route, token });
      if (untilMs !== undefined) return { kind: "limited", untilMs } as const;
      answer = await get(path, { route, token });
      if (answer.kind === "answered" && answer.status === 401) {
        const newer = await ports.accessToken(token);
        if (newer !== token) {
          token = newer;
          answer = await get(path, { route, token });
        }
      }
    } catch {
      // The reader of secrets has logged which one and why.
      return { kind: "misconfigured", code: "secret-unreadable" } as const;
    }
    return outcomeOf(answer, closed({ route, token }) ?? ports.now());
  };

  return {
    page: async ({ spec, from, place }) => {
      const outcome = await read(place.next ?? pathOf(spec, from, place.before), `GET ${PATH}`);
      if (outcome.kind !== "read") return outcome;
      const page = readPage(outcome.body);
      if (!page) return { kind: "failed", code: "unreadable-answer" };
      const { entries, next } = page;
      return { kind: "page", entries, ...(isOwnPath(next) && { next }) };
    },
    entry: async (id) => {
      const outcome = await read(`${PATH}/${encodeURIComponent(id)}`, `GET ${PATH}/{id}`);
      if (outcome.kind !== "read") return outcome;
      const entry = readJson(outcome.body);
      return entry === undefined ? { kind: "failed", code: "unreadable-answer" } : { kind: "entry", entry };
    },
  };
}

const PATH = "/api/v2/auditlog";

/** LaunchDarkly says "after" and "before", and may mean "or at": one ms wider below is right either way. */
function pathOf(spec: string, from: number, before: number): string {
  const query = new URLSearchParams({
    after: String(from - 1),
    before: String(before),
    limit: String(MAX_PAGE_ENTRIES),
    spec,
  });
  return `${PATH}?${query}`;
}

/** The token must not follow a link to somewhere else. */
function isOwnPath(next: string | undefined): next is string {
  return next?.startsWith(`${PATH}?`) === true;
}
