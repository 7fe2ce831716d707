import { type AnsweredLine, type BatchLine, parseTrafficLine } from "./traffic-lines.ts";

/** A request to the bundle and its answer, as they went over the wire. */
export type Exchange = {
  readonly requestId: string;
  readonly receivedAtMs: number;
  readonly ms: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Buffer;
  readonly answer: Buffer | string;
};

/** One request as it is listed: what its line in ingest's log says of it, and nothing that stood in it. */
export type ListedRequest = {
  readonly id: string;
  /** Higher than that of every request that changed before. */
  readonly revision: number;
  readonly at: string;
  readonly ms: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly connection: string | null;
  readonly accepted: number;
  readonly ignored: number;
  /** By code, as in docs/errors.md. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Why the request as a whole was refused. */
  readonly code: string | null;
};

/** One request with what it held, for a person who opens it. Texts are cut: `…Bytes` is how long they were. */
export type FullRequest = ListedRequest & {
  readonly body: string;
  readonly bodyBytes: number;
  readonly answer: string;
  readonly answerBytes: number;
  /**
   * Requests of the same connection that were being answered at the same time: `messages` may have theirs among its own, because a
   * message says whose it is and when it was accepted, and not of which request.
   */
  readonly overlapping: number;
  /** The queue messages that its items became. */
  readonly messages: readonly { readonly queue: string; readonly body: string }[];
};

export type RequestTotals = {
  readonly requests: number;
  readonly accepted: number;
  readonly ignored: number;
  readonly rejected: number;
  readonly refused: number;
};

/** What became of items at one destination, since the start. */
export type DestinationTotals = {
  readonly function: string;
  readonly destination: string;
  readonly applied: number;
  readonly unchanged: number;
  readonly stale: number;
  readonly dropped: number;
  readonly dead: number;
  readonly retried: number;
  /** By method and status, as in the log. */
  readonly requests: Readonly<Record<string, number>>;
};

export type Traffic = {
  readonly noteExchange: (exchange: Exchange) => void;
  /** A raw line of a function's log. */
  readonly noteLine: (functionName: string, line: string) => void;
  readonly noteQueued: (queue: string, bodies: readonly string[]) => void;
  readonly since: (
    revision: number,
    limit: number,
  ) => {
    readonly revision: number;
    readonly totals: RequestTotals;
    readonly destinations: readonly DestinationTotals[];
    /** Newest first. */
    readonly requests: readonly ListedRequest[];
  };
  readonly request: (id: string) => FullRequest | undefined;
};

const MOST_REQUESTS = 300;
const SHOWN_BYTES = 32 * 1024;
const MOST_QUEUED = 600;

/** What has gone through the stack lately: the last requests whole, and counts of everything since the start. In memory alone. */
export function createTraffic(): Traffic {
  const requests = new Map<string, Kept>();
  const lines = new Map<string, AnsweredLine>();
  const queued: Queued[] = [];
  const totals = { requests: 0, accepted: 0, ignored: 0, rejected: 0, refused: 0 };
  const destinations = new Map<string, DestinationTotals>();
  let revision = 0;

  const noteAnswered = (line: AnsweredLine): void => {
    totals.accepted += line.accepted;
    totals.ignored += sumOf(line.ignored);
    totals.rejected += sumOf(line.rejected);
    if (line.code !== undefined) totals.refused += 1;
    const kept = requests.get(line.requestId);
    if (kept) Object.assign(kept, { line, revision: ++revision });
    else {
      lines.set(line.requestId, line);
      trim(lines, MOST_REQUESTS);
    }
  };

  return {
    noteExchange: (exchange) => {
      const { requestId, body, answer, path } = exchange;
      // Whoever asks whether the stack is there, or what it takes, is no sender.
      if (path === "/health" || path === "/openapi.json") return;
      totals.requests += 1;
      const answered = Buffer.from(answer);
      requests.set(requestId, {
        exchange: { ...exchange, body: Buffer.from(body.subarray(0, SHOWN_BYTES)), answer: "" },
        bodyBytes: body.length,
        answer: answered.toString("utf8", 0, SHOWN_BYTES),
        answerBytes: answered.length,
        line: lines.get(requestId),
        revision: ++revision,
      });
      lines.delete(requestId);
      trim(requests, MOST_REQUESTS);
    },
    noteLine: (functionName, line) => {
      const parsed = parseTrafficLine(line);
      if (parsed?.message === "ingest.answered") noteAnswered(parsed);
      else if (parsed) addTo(destinations, functionName, parsed);
    },
    noteQueued: (queue, bodies) => {
      for (const body of bodies) {
        // What stands first in every message that ingest packs: parsing all of each would cost more than sending it.
        const [, connection, acceptedAt] = MESSAGE_START.exec(body) ?? [];
        if (connection === undefined) continue;
        queued.push({ queue, connection, acceptedAtMs: Number(acceptedAt), body });
      }
      if (queued.length > 2 * MOST_QUEUED) queued.splice(0, queued.length - MOST_QUEUED);
    },
    since: (after, limit) => ({
      revision,
      totals,
      destinations: [...destinations.values()],
      requests: [...requests.values()]
        .filter((kept) => kept.revision > after)
        .sort((a, b) => b.revision - a.revision)
        .slice(0, limit)
        .map(listed),
    }),
    request: (id) => {
      const kept = requests.get(id);
      if (!kept) return undefined;
      const { exchange, line, bodyBytes, answer, answerBytes } = kept;
      const connection = line?.connection;
      return {
        ...listed(kept),
        body: exchange.body.toString("utf8"),
        bodyBytes,
        answer,
        answerBytes,
        overlapping: [...requests.values()].filter(
          (other) =>
            other !== kept &&
            connection !== undefined &&
            other.line?.connection === connection &&
            isWithin(other.exchange.receivedAtMs, exchange, other.exchange.ms),
        ).length,
        messages: queued
          .filter((one) => one.connection === connection && isWithin(one.acceptedAtMs, exchange))
          .map(({ queue, body }) => ({ queue, body })),
      };
    },
  };
}

/** Whether what began then, and took so long, fell into the time from the receipt of a request to its answer. */
function isWithin(atMs: number, { receivedAtMs, ms }: Exchange, tookMs = 0): boolean {
  return atMs <= receivedAtMs + ms && atMs + tookMs >= receivedAtMs;
}

type Kept = {
  readonly exchange: Exchange;
  readonly bodyBytes: number;
  readonly answer: string;
  readonly answerBytes: number;
  /** Comes before the answer or after it. */
  readonly line: AnsweredLine | undefined;
  readonly revision: number;
};

type Queued = {
  readonly queue: string;
  readonly connection: string;
  readonly acceptedAtMs: number;
  readonly body: string;
};

const MESSAGE_START = /^\{"v":1,"kind":"[a-z.-]+","connection":"([\w.-]+)","acceptedAt":(\d+),/;

function addTo(destinations: Map<string, DestinationTotals>, functionName: string, line: BatchLine): void {
  const { destination } = line;
  const key = `${functionName} ${destination}`;
  const before = destinations.get(key);
  const requests = { ...before?.requests };
  for (const [status, count] of Object.entries(line.requests))
    requests[status] = (requests[status] ?? 0) + count;
  destinations.set(key, {
    function: functionName,
    destination,
    applied: (before?.applied ?? 0) + line.applied,
    unchanged: (before?.unchanged ?? 0) + line.unchanged,
    stale: (before?.stale ?? 0) + line.stale,
    dropped: (before?.dropped ?? 0) + sumOf(line.dropped),
    dead: (before?.dead ?? 0) + sumOf(line.dead),
    retried: (before?.retried ?? 0) + sumOf(line.retried),
    requests,
  });
}

function listed({ exchange, line, revision }: Kept): ListedRequest {
  const { requestId, receivedAtMs, ms, method, path, status } = exchange;
  return {
    id: requestId,
    revision,
    at: new Date(receivedAtMs).toISOString(),
    ms,
    method,
    path,
    status,
    connection: line?.connection ?? null,
    accepted: line?.accepted ?? 0,
    ignored: sumOf(line?.ignored ?? {}),
    rejected: line?.rejected ?? {},
    code: line?.code ?? null,
  };
}

function sumOf(some: Readonly<Record<string, number>>): number {
  return Object.values(some).reduce((sum, count) => sum + count, 0);
}

/** A map keeps the order of its insertions: the first are the oldest. */
function trim(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
