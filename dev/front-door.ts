import type { IncomingMessage, ServerResponse } from "node:http";
import { gatewayAnswer } from "./http-api.ts";

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export type FrontDoor = {
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** From now on requests reach the functions; before, and after `drain`, they get a 503. The sandbox and the console always answer. */
  readonly open: () => void;
  /** Resolves when every request that got in is answered. */
  readonly drain: () => Promise<void>;
};

export type FrontDoorConfig = {
  readonly api: Listener;
  readonly sandbox: Listener;
  readonly console: Listener;
  readonly onProblem: (problem: string) => void;
};

/**
 * The stack's one port: /console is the page, /sandbox/ is the destinations' side, everything else is the bundle's. While the stack stops,
 * the bundle takes nothing new but what is in flight still has to reach the sandbox.
 */
export function frontDoor({ api, sandbox, console, onProblem }: FrontDoorConfig): FrontDoor {
  let isOpen = false;
  const inFlight = new Set<Promise<void>>();

  const run = (listener: Listener, request: IncomingMessage, response: ServerResponse): Promise<void> =>
    listener(request, response).catch((error: unknown) => {
      onProblem(`${request.method} ${request.url} failed: ${error instanceof Error ? error.stack : error}`);
      response.destroy();
    });

  return {
    open: () => {
      isOpen = true;
    },
    drain: async () => {
      isOpen = false;
      await Promise.all(inFlight);
    },
    listener: (request, response) => {
      if (request.url?.startsWith("/sandbox/")) {
        run(sandbox, request, response);
        return;
      }
      if (/^\/console(?:[/?]|$)/.test(request.url ?? "")) {
        run(console, request, response);
        return;
      }
      if (!isOpen) {
        answerUnavailable(request, response);
        return;
      }
      const work = run(api, request, response).finally(() => inFlight.delete(work));
      inFlight.add(work);
    },
  };
}

/** While there is nobody to take a request. Without an answer its sender would wait for as long as it has patience. */
export function answerUnavailable(_: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = gatewayAnswer(503, "Service Unavailable");
  response.writeHead(status, { ...headers, connection: "close" });
  response.end(body);
}
