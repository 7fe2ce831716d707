import type { CallOutcome } from "../../http/destination-call.ts";
import { readJson } from "../../json.ts";
import type { Client } from "../client.ts";
import { MAX_PAGE_ENTRIES, type Place } from "./paging.ts";
import { type Page, readPage } from "./wire.ts";

export type AuditLog = {
  /** Reads the page at a place, of the entries that a resource specifier selects from `from` on (Unix ms, inclusive). */
  readonly page: (query: AuditLogQuery) => Promise<({ readonly kind: "page" } & Page) | ReadFailure>;
  /** Reads one entry with everything that LaunchDarkly has about it, as in a webhook. */
  readonly entry: (id: string) => Promise<{ readonly kind: "entry"; readonly entry: unknown } | ReadFailure>;
};

export type AuditLogQuery = { readonly spec: string; readonly from: number; readonly place: Place };

/**
 * Why nothing could be read. `limited`: the headers allow no request before that time. `misconfigured`: a person has to act.
 * `failed`: the next attempt may succeed.
 */
export type ReadFailure =
  | { readonly kind: "limited"; readonly untilMs: number }
  | { readonly kind: "misconfigured"; readonly code: string }
  | { readonly kind: "failed"; readonly code: string };

/** The most bytes that are read of an answer: LaunchDarkly names no limit, and an entry may contain a flag of several MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Reads the audit log of an account: `GET /api/v2/auditlog` and `GET /api/v2/auditlog/{id}`. It starts no request that
 * would be refused according to the headers seen so far.
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

/** LaunchDarkly's "after" and "before" may include the bound. Starting one ms earlier is right in both cases. */
function pathOf(spec: string, from: number, before: number): string {
  const query = new URLSearchParams({
    after: String(from - 1),
    before: String(before),
    limit: String(MAX_PAGE_ENTRIES),
    spec,
  });
  return `${PATH}?${query}`;
}

/** The token must not be sent along a link to another host. */
function isOwnPath(next: string | undefined): next is string {
  return next?.startsWith(`${PATH}?`) === true;
}

/** 401 is about the token, 403 about its role, 400 about the specifier, 404 about the instance's address. A person has to fix each. */
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
