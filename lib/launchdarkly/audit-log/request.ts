import type { CallOutcome } from "../../http/destination-call.ts";
import { readJson } from "../../json.ts";
import type { Client } from "../client.ts";
import { MAX_PAGE_ENTRIES, type Place } from "./paging.ts";
import { type Page, readPage } from "./wire.ts";

export type AuditLog = {
  /** The page at a place of the entries that a resource specifier selects, from `from` on (Unix ms, inclusive). */
  readonly page: (query: AuditLogQuery) => Promise<({ readonly kind: "page" } & Page) | ReadFailure>;
  /** One entry with everything that LaunchDarkly has of it, as webhooks bring it. */
  readonly entry: (id: string) => Promise<{ readonly kind: "entry"; readonly entry: unknown } | ReadFailure>;
};

export type AuditLogQuery = { readonly spec: string; readonly from: number; readonly place: Place };

/**
 * Why nothing could be read. `limited`: the headers say that no request may start before then. `misconfigured`: a person
 * has to act. `failed`: it may work the next time.
 */
export type ReadFailure =
  | { readonly kind: "limited"; readonly untilMs: number }
  | { readonly kind: "misconfigured"; readonly code: string }
  | { readonly kind: "failed"; readonly code: string };

/** Bytes of an answer that are read: LaunchDarkly names no limit, and an entry may describe a flag of several MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Reads the audit log of an account: `GET /api/v2/auditlog` and `GET /api/v2/auditlog/{id}`. No request starts that the
 * headers seen so far say would be refused.
 * https://launchdarkly.com/docs/api/audit-log
 */
export function auditLog(client: Pick<Client, "call">): AuditLog {
  const read = async (path: string, route: string) => {
    const request = { method: "GET", path, route, maxAnswerBytes: MAX_ANSWER_BYTES } as const;
    const first = await client.call(request, {});
    return outcomeOf(first.kind === "credential-replaced" ? await client.call(request, {}) : first);
  };

  return {
    page: async ({ spec, from, place }) => {
      const outcome = await read(place.next ?? pathOf(spec, from, place.before), PATH);
      if (outcome.kind !== "read") return outcome;
      const page = readPage(outcome.body);
      if (!page) return { kind: "failed", code: "unreadable-answer" };
      const { entries, next } = page;
      return { kind: "page", entries, ...(isOwnPath(next) && { next }) };
    },
    entry: async (id) => {
      const outcome = await read(`${PATH}/${encodeURIComponent(id)}`, `${PATH}/{id}`);
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

/** 401 is about the token, 403 its role, 400 the specifier, 404 the address of the instance: all for a person to mend. */
function outcomeOf(outcome: CallOutcome): { readonly kind: "read"; readonly body: string } | ReadFailure {
  switch (outcome.kind) {
    case "taken":
      return { kind: "read", body: outcome.body };
    case "limited":
      return outcome;
    case "unanswered":
    case "unsent":
      return { kind: "failed", code: outcome.reason };
    case "failed":
    case "gave-up":
      return { kind: "failed", code: `launchdarkly-${outcome.status}` };
    case "refused":
    case "misconfigured":
      return { kind: "misconfigured", code: `launchdarkly-${outcome.status}` };
    case "credential-replaced":
      return { kind: "failed", code: "token-rotated" };
    case "closed":
      return { kind: "failed", code: outcome.why };
    case "secret-unreadable":
      return { kind: "misconfigured", code: "secret-unreadable" };
  }
}
