import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../listen.ts";
import { StartProblem } from "../problem.ts";

export type Front = {
  /** For example `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
};

/**
 * One address for both sides, as that of the local stack: what is under /sandbox/ is LaunchDarkly and PostHog, and all else
 * goes to the deployed API, which the emulator has under a path where AWS has a domain.
 * @throws {StartProblem} when the port is in use.
 */
export async function startFront(options: {
  /** 0 takes a free one. */
  readonly port: number;
  readonly sandbox: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The deployed API; undefined before it is deployed. */
  readonly api: () => URL | undefined;
}): Promise<Front> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/sandbox/")) {
      options.sandbox(request, response).catch(() => response.destroy());
      return;
    }
    const api = options.api();
    if (api) forward(request, response, api);
    else response.writeHead(503).end();
  });
  const port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(request: IncomingMessage, response: ServerResponse, api: URL): void {
  const { host: _, ...headers } = request.headers;
  const onward = httpRequest(
    {
      hostname: api.hostname,
      port: api.port,
      path: `${api.pathname}${request.url}`,
      method: request.method,
      headers,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  try {
    return await listenOnLoopback(server, port);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    const reason = code === "EADDRINUSE" ? "is in use" : `cannot be used (${code})`;
    throw new StartProblem(
      `Port ${port} ${reason}. Stop the program that has it, or choose another with --port.`,
    );
  }
}
