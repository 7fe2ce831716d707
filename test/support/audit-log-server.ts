import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../../dev/listen.ts";

/** An entry as the list has it, and what only the entry itself has. */
export type LoggedEntry = {
  readonly _id: string;
  readonly date: number;
  readonly [name: string]: unknown;
};

export type LogOptions = {
  /** Whether `before` and `after` take in their own ms, which LaunchDarkly does not document. */
  readonly inclusive: boolean;
  /** `cursor`: a link leads to the very next entry; `time`: to what is before the last one's ms; `none`: there is none. */
  readonly links: "cursor" | "time" | "none";
};

export const asDocumented: LogOptions = { inclusive: false, links: "cursor" };

/** A turned-on flag in one environment; `rest` replaces fields. */
export function entryAt(date: number, id: string, rest: Readonly<Record<string, unknown>> = {}): LoggedEntry {
  return {
    _id: id,
    date,
    kind: "flag",
    name: "Checkout",
    accesses: [{ action: "updateOn", resource: "proj/web:env/production:flag/checkout" }],
    titleVerb: "turned on the flag",
    title: "Ana turned on the flag Checkout",
    ...rest,
  };
}

/** The answer to `GET /api/v2/auditlog?…`, newest entry first. */
export function pageOf(entries: readonly LoggedEntry[], query: URLSearchParams, options: LogOptions): object {
  const slack = options.inclusive ? 1 : 0;
  const before = Number(query.get("before")) + slack;
  const after = Number(query.get("after")) - slack;
  const [limit, skip] = [Number(query.get("limit")), Number(query.get("skip") ?? 0)];
  const found = entries
    .filter(({ date }) => date > after && date < before)
    .sort((a, b) => b.date - a.date || (a._id < b._id ? 1 : -1))
    .slice(skip);
  const items = found.slice(0, limit).map(({ currentVersion: _, ...listed }) => listed);
  const next = new URLSearchParams(query);
  if (options.links === "time") next.set("before", String(items.at(-1)?.date));
  else next.set("skip", String(skip + limit));
  const isMore = found.length > limit && options.links !== "none";
  return {
    items,
    _links: isMore ? { next: { href: `/api/v2/auditlog?${next}`, type: "application/json" } } : {},
  };
}

/** A LaunchDarkly with an audit log, on a free port. */
export type AuditLogServer = {
  readonly url: string;
  /** What is in the log; may grow at any time. */
  readonly entries: LoggedEntry[];
  /** Method, path and query of each request so far. */
  readonly requests: { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  /** Asked before each answer; what it gives is answered in its place. */
  intercept: (path: string, count: number) => Refusal | undefined;
  readonly stop: () => Promise<void>;
};

export type Refusal = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export async function startAuditLogServer(options: LogOptions = asDocumented): Promise<AuditLogServer> {
  const server = createServer((request, response) => answer(request, response));
  const port = await listenOnLoopback(server, 0);
  const started: AuditLogServer = {
    url: `http://127.0.0.1:${port}`,
    entries: [],
    requests: [],
    intercept: () => undefined,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? "";
    started.requests.push({ path, headers: request.headers });
    const refusal = started.intercept(path, started.requests.length);
    const url = new URL(path, started.url);
    const id = /^\/api\/v2\/auditlog\/(.+)$/.exec(url.pathname)?.[1];
    const single = started.entries.find(({ _id }) => _id === id);
    const body = id === undefined ? pageOf(started.entries, url.searchParams, options) : single;
    const { status = body ? 200 : 404, headers = {} } = refusal ?? {};
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(refusal ? (refusal.body ?? "{}") : JSON.stringify(body ?? {}));
  };
  return started;
}
