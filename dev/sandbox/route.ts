import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "../request-body.ts";

/** A request to the sandbox. `parameters` are the `{names}` of the route's path, decoded. */
export type SandboxRequest = {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** The body as it came, for those that are compressed. */
  readonly bytes: Buffer;
};

/** `reset` breaks the connection off: the caller gets no answer. */
export type SandboxAnswer =
  | ((
      | { readonly kind: "json"; readonly body: unknown }
      | { readonly kind: "text"; readonly body: string }
      | { readonly kind: "empty" }
    ) & { readonly status: number; readonly headers?: Readonly<Record<string, string>> })
  | { readonly kind: "reset" };

export type SandboxRoute = {
  readonly method: string;
  /** For example `/sandbox/launchdarkly/api/v2/segment-targets/{integration}`. */
  readonly path: string;
  readonly answer: (request: SandboxRequest) => Promise<SandboxAnswer> | SandboxAnswer;
};

/** What PostHog takes, the most of all doors. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** Serves everything under /sandbox/. */
export function sandboxServer(routes: readonly SandboxRoute[]) {
  const compiled = routes.map((route) => ({ ...route, pattern: patternOf(route.path) }));
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = "", ...query] = (request.url ?? "").split("?");
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === "gone") return;
    if (body === "too-large") {
      write(response, refusal(413, "invalid_request", `expected a body of at most ${MAX_BODY_BYTES} bytes`));
      return;
    }
    for (const { method, pattern, answer } of compiled) {
      const match = pattern.exec(path);
      if (!match || method !== request.method) continue;
      write(
        response,
        await answer({
          parameters: decoded(match.groups),
          query: new URLSearchParams(query.join("?")),
          headers: request.headers,
          body: body.toString("utf8"),
          bytes: body,
        }),
      );
      return;
    }
    write(response, {
      kind: "json",
      status: 404,
      body: {
        code: "not_found",
        message: `the sandbox has no ${request.method} ${path}`,
        routes: routes.map(({ method, path: known }) => `${method} ${known}`),
      },
    });
  };
}

/** An error as LaunchDarkly words one. https://launchdarkly.com/docs/api#errors */
export function refusal(status: number, code: string, message: string): SandboxAnswer {
  return { kind: "json", status, body: { code, message } };
}

/** One header of a request; undefined when it has none of that name. */
export function headerOf({ headers }: Pick<SandboxRequest, "headers">, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** How many of the newest are asked for (`?last=50`); undefined is all. */
export function lastOf(query: URLSearchParams): number | undefined {
  const last = query.get("last") ?? "";
  return /^\d{1,9}$/.test(last) ? Number(last) : undefined;
}

/** What cannot be decoded stays as it is, and names nothing. */
function decoded(groups: Readonly<Record<string, string>> = {}): Record<string, string> {
  const parameters = Object.entries(groups).map(([name, text]) => {
    try {
      return [name, decodeURIComponent(text)] as const;
    } catch {
      return [name, text] as const;
    }
  });
  return Object.fromEntries(parameters);
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll(/[.]/g, "\\.").replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${source}$`);
}

/** What has a body ends with a line end, for those who read it in a terminal. */
function write(response: ServerResponse, answer: SandboxAnswer): void {
  switch (answer.kind) {
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "text":
      response.writeHead(answer.status, { "content-type": "text/plain; charset=utf-8", ...answer.headers });
      response.end(`${answer.body}\n`);
      return;
    case "empty":
      response.writeHead(answer.status, answer.headers);
      response.end();
      return;
    case "json":
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(`${JSON.stringify(answer.body)}\n`);
      return;
  }
}
