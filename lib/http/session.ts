import * as http from "node:http";
import * as https from "node:https";

/** What is known of one request. `unsent`: it never left, so it changed nothing. `unanswered`: it may have. */
export type HttpAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: http.IncomingHttpHeaders;
      readonly body: string;
    }
  | { readonly kind: "unsent"; readonly reason: "connection-refused" | "connection-timeout" }
  | { readonly kind: "unanswered"; readonly reason: "no-answer" | "connection-lost" };

export type HttpRequest = {
  readonly url: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** From the start to the last byte of the answer. */
  readonly timeoutMs: number;
  /** How much of the answer is read; by default 64 KB. */
  readonly maxAnswerBytes?: number;
};

/** Sends requests over connections that are kept for the life of the session. */
export type HttpSession = {
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>;
  /** Aborts what is in flight and closes every connection. */
  readonly close: () => void;
};

/** Error bodies are short; the rest of a longer one is not read, so that a misbehaving server cannot fill the memory. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SOCKETS = 32;

/**
 * One session an invocation: a connection that slept with a frozen function is dead when it wakes, and a request on
 * it would be one without an answer. `node:http` rather than `fetch`: less than half its CPU, and it can tell a
 * request that never left from one that may have arrived.
 */
export function openHttpSession(): HttpSession {
  const plain = new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const secure = new https.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  return {
    send: (request) =>
      send(
        request,
        request.url.startsWith("https:") ? { client: https, agent: secure } : { client: http, agent: plain },
      ),
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

function send(
  request: HttpRequest,
  via: { readonly client: typeof http | typeof https; readonly agent: http.Agent },
): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    let connected = false;
    let timedOut = false;
    const body = Buffer.from(request.body);
    const outgoing = via.client.request(request.url, {
      method: request.method,
      headers: { ...request.headers, "content-length": body.length },
      agent: via.agent,
    });
    const timer = setTimeout(() => {
      timedOut = true;
      outgoing.destroy();
      // Not every request ends with an answer or an error event: an answer that switches protocols causes neither.
      lost();
    }, request.timeoutMs);
    const finish = (answer: HttpAnswer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const lost = (): void => {
      if (connected) finish({ kind: "unanswered", reason: timedOut ? "no-answer" : "connection-lost" });
      else finish({ kind: "unsent", reason: timedOut ? "connection-timeout" : "connection-refused" });
    };
    outgoing.on("socket", (socket) => {
      // A kept socket is connected already; on a new one nothing leaves before this event.
      if (outgoing.reusedSocket || !socket.connecting) connected = true;
      else
        socket.once(request.url.startsWith("https:") ? "secureConnect" : "connect", () => (connected = true));
    });
    outgoing.on("error", lost);
    outgoing.on("response", (incoming) =>
      readAnswer(incoming, request.maxAnswerBytes ?? MAX_ANSWER_BYTES, { finish, lost }),
    );
    outgoing.end(body);
  });
}

function readAnswer(
  incoming: http.IncomingMessage,
  maxBytes: number,
  { finish, lost }: { readonly finish: (answer: HttpAnswer) => void; readonly lost: () => void },
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on("data", (chunk: Buffer) => {
    if (size < maxBytes) chunks.push(chunk);
    size += chunk.length;
  });
  incoming.on("error", lost);
  incoming.on("end", () => {
    const body = Buffer.concat(chunks).subarray(0, maxBytes).toString("utf8");
    finish({ kind: "answered", status: incoming.statusCode ?? 0, headers: incoming.headers, body });
  });
}
