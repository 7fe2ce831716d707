import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as timer } from "node:timers";
import { describeFailure } from "../operator/failure.ts";
import { OperatorProblem } from "../operator/problem.ts";
import type { Target } from "../operator/target.ts";
import { write } from "./answer.ts";
import { buildPage, type PageFiles } from "./build-page.ts";
import { admit, type Lock } from "./guard.ts";
import { jsonBody } from "./json-body.ts";
import { openLive } from "./live.ts";
import { readMeanings } from "./meanings.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { liveParts } from "./parts.ts";
import { routeFinder } from "./route.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { explainRoutes } from "./routes/explain.ts";
import { healthRoutes } from "./routes/health.ts";
import { requestRoutes } from "./routes/requests.ts";
import { sampleRoutes } from "./routes/samples.ts";
import { sandboxRoutes } from "./routes/sandbox.ts";
import { segmentRoutes } from "./routes/segments.ts";
import { openStreams } from "./streams.ts";
import type { ConsoleWork } from "./work.ts";

export type ConsoleConfig = Lock & {
  readonly openTarget: () => Promise<Target>;
  readonly version: string;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  /** Where copies of deleted dead letters go. */
  readonly folder: string;
};

export type Console = {
  /** Answers everything under /console. Never rejects. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Bundles the page, so that whoever opens it does not wait for that. */
  readonly prepare: () => Promise<void>;
  /** Ends the streams of those who look. */
  readonly stop: () => void;
};

const ERRORS_PAGE = join(import.meta.dirname, "../docs/errors.md");

export function openConsole(config: ConsoleConfig): Console {
  const { version, folder } = config;
  let page: Promise<PageFiles> | undefined;
  let target: Promise<Target> | undefined;
  const files = (): Promise<PageFiles> => {
    page ??= buildPage().catch((error: unknown) => {
      page = undefined;
      throw error;
    });
    return page;
  };
  const describe = (error: unknown): string =>
    describeFailure(error, { region: config.region, profile: config.profile });
  const openTarget = (): Promise<Target> => {
    target ??= config.openTarget().catch((error: unknown) => {
      target = undefined;
      throw error;
    });
    return target;
  };
  const work: ConsoleWork = {
    target: openTarget,
    version,
    describe,
    lettersOneAtATime: oneAtATime(),
    refresh: (part) => live.refresh(part),
    folder,
  };
  const live = openLive({
    parts: liveParts(work),
    describe: (error) => {
      // A local stack that was started again has its queues at other addresses.
      target = undefined;
      return describe(error);
    },
    after: (ms, run) => {
      const waiting = timer(run, ms);
      return () => clearTimeout(waiting);
    },
  });
  const streams = openStreams(live);
  const find = routeFinder([
    ...requestRoutes(work),
    ...segmentRoutes(work),
    ...deadLetterRoutes(work),
    ...sampleRoutes(work),
    ...explainRoutes(work),
    ...sandboxRoutes(work),
    ...healthRoutes(work),
    { method: "GET", path: "/meanings", answer: async () => ({ meanings: readMeanings(ERRORS_PAGE) }) },
  ]);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = "", ...query] = (request.url ?? "").split("?");
    const { headers, method = "GET" } = request;
    const admission = admit({ method, path, headers, query: new URLSearchParams(query.join("?")) }, config);
    switch (admission.kind) {
      case "refused": {
        const { status, message } = admission;
        if (path.startsWith("/console/api/")) write(response, { kind: "json", status, body: { message } });
        else write(response, { kind: "text", status, text: message });
        return;
      }
      case "page":
      case "asset": {
        const name = admission.kind === "page" ? "index" : path.slice("/console/".length);
        const file = (await files()).get(name);
        if (!file) {
          write(response, { kind: "text", status: 404, text: `The console has no ${path}.` });
          return;
        }
        const isGzipTaken = /\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));
        const setCookie = admission.kind === "page" ? admission.setCookie : undefined;
        write(response, {
          kind: "file",
          type: file.type,
          bytes: isGzipTaken ? file.gzipped : file.bytes,
          headers: {
            vary: "accept-encoding",
            ...(isGzipTaken && { "content-encoding": "gzip" }),
            ...(setCookie !== undefined && { "set-cookie": setCookie }),
            ...(name !== "index" && { "cache-control": "private, max-age=31536000, immutable" }),
          },
        });
        return;
      }
      case "api":
        await answerApi(path.slice("/console/api".length), request, response);
        return;
    }
  };

  const answerApi = async (
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    if (path === "/live" && request.method === "GET") {
      streams.open(response);
      return;
    }
    const found = find(request.method ?? "GET", path);
    if (!found) {
      write(response, {
        kind: "json",
        status: 404,
        body: { message: `The console has no ${request.method} ${path}.` },
      });
      return;
    }
    try {
      const body = await jsonBody(request);
      const result = await found.route.answer({ parameters: found.parameters, query: {}, body });
      write(response, { kind: "json", status: 200, body: result });
    } catch (error) {
      const status = error instanceof OperatorProblem ? 400 : 502;
      write(response, { kind: "json", status, body: { message: describe(error) } });
    }
  };

  return {
    listener: async (request, response) => {
      try {
        await answer(request, response);
      } catch (error) {
        if (response.headersSent) response.destroy();
        else write(response, { kind: "text", status: 500, text: describe(error) });
      }
    },
    prepare: async () => {
      await files();
    },
    stop: () => {
      live.stop();
      streams.stop();
    },
  };
}
