import { link } from "./api-door.ts";
import { refusal, type SandboxAnswer } from "./route.ts";

/** One page of what there is, and the links to it and to its neighbours. `path` is the list's own. */
export function pageOf<Item>(
  all: readonly Item[],
  { path, query }: { readonly path: string; readonly query: URLSearchParams },
): { readonly items: readonly Item[]; readonly body: object } | SandboxAnswer {
  const [limit, offset] = [numberOf(query, "limit", DEFAULT_PAGE), numberOf(query, "offset", 0)];
  if (limit === undefined || limit < 1)
    return refusal(400, "invalid_request", "limit: expected a number above 0");
  if (offset === undefined) return refusal(400, "invalid_request", "offset: expected a number");
  const at = (from: number) => {
    const there = new URLSearchParams(query);
    there.set("limit", String(limit));
    there.set("offset", String(from));
    return link(`${path}?${there}`);
  };
  const links = {
    self: link(query.size > 0 ? `${path}?${query}` : path),
    ...(offset > 0 && { prev: at(Math.max(0, offset - limit)) }),
    ...(offset + limit < all.length && { next: at(offset + limit) }),
  };
  return { items: all.slice(offset, offset + limit), body: { _links: links, totalCount: all.length } };
}

/** LaunchDarkly's default for lists of segments, flags and projects. */
const DEFAULT_PAGE = 20;

function numberOf(query: URLSearchParams, name: string, otherwise: number): number | undefined {
  const given = query.get(name);
  if (given === null) return otherwise;
  return /^\d{1,9}$/.test(given) ? Number(given) : undefined;
}

/**
 * The part of a filter that the sandbox knows, `query:<text>`, as a question to a name and a key. What it does not know is
 * refused, because a list that ignores a filter looks like an answer.
 */
export function filterOf(
  query: URLSearchParams,
): ((item: { readonly key: string; readonly name: string }) => boolean) | SandboxAnswer {
  const filter = query.get("filter");
  if (query.get("sort") !== null)
    return refusal(400, "invalid_request", "sort: the sandbox has one order only");
  if (filter === null) return () => true;
  const wanted = /^query:([^,]+)$/.exec(filter)?.[1]?.toLowerCase();
  if (wanted === undefined)
    return refusal(400, "invalid_request", "filter: the sandbox knows query:<text> only");
  return ({ key, name }) => `${key}\n${name}`.toLowerCase().includes(wanted);
}
