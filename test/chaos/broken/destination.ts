import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { listenOnLoopback } from "../../../dev/listen.ts";

/** How a destination fails: it accepts connections and never answers, or it answers one status to everything. */
export const FAULTS = ["silent", "refusing", "limiting", "failing"] as const;
export type Fault = (typeof FAULTS)[number];

const STATUS = { refusing: 401, limiting: 429, failing: 503 } as const;

/** LaunchDarkly and PostHog as one environment and one project see them: every item has an id of its own in its request. */
export type Destination = {
  readonly name: string;
  /** Without a slash at the end. */
  readonly url: string;
  /** From now on; undefined is well. */
  readonly fail: (fault: Fault | undefined) => void;
  /** When each id arrived first in a request that was taken, and in how many such requests; of one payload id, as one. */
  readonly taken: ReadonlyMap<string, { readonly atMs: number; readonly times: number }>;
  /** Requests so far, whatever became of them. */
  readonly requests: () => number;
  readonly close: () => void;
};

/** An id of an item of the run: what it is (operation, event or change), and its number. */
export const ID = /\b[oec]-\d+\b/g;

export async function startDestination(name: string): Promise<Destination> {
  const taken = new Map<string, { atMs: number; times: number }>();
  // https://launchdarkly.com/docs/home/metrics/import-events: what comes again under one id is the same.
  const payloads = new Set<string>();
  let fault: Fault | undefined;
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const body = await bodyOf(request);
    if (fault === "silent") return;
    if (fault) {
      response.writeHead(STATUS[fault], fault === "limiting" ? { "retry-after": "10" } : {}).end();
      return;
    }
    const payload = String(request.headers["x-launchdarkly-payload-id"] ?? randomUUID());
    const isKnown = payloads.has(payload);
    payloads.add(payload);
    for (const id of isKnown ? [] : new Set(body.match(ID))) {
      const held = taken.get(id) ?? { atMs: performance.now(), times: 0 };
      held.times += 1;
      taken.set(id, held);
    }
    response.writeHead(200).end("{}");
  });
  const port = await listenOnLoopback(server, 0);
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    fail: (next) => {
      fault = next;
      // Whoever still waits for an answer has waited in vain.
      if (next === undefined) server.closeAllConnections();
    },
    taken,
    requests: () => requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return (request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
}
