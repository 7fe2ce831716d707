import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";

/** One request as it came, and what its sender was told: undefined where the connection was closed instead. */
export type Exchange = {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly status: number | undefined;
};

/** What a client gets in place of an answer that is lost. */
export type Loss = "503" | "closed connection";

/** Stands between a client and the stack, as a network does. */
export type Front = {
  /** For example `http://localhost:41234`. */
  readonly url: string;
  readonly exchanges: () => readonly Exchange[];
  readonly close: () => Promise<void>;
};

/**
 * Opens a front that hands every request on as it is. Of the first one whose body has `losesAnswerTo` in it, the stack's answer is
 * lost: everything in it was accepted, and its sender cannot know.
 */
export async function openFront(options: {
  readonly stackUrl: string;
  readonly losesAnswerTo: string;
  readonly loss: Loss;
}): Promise<Front> {
  const exchanges: Exchange[] = [];
  let hasLost = false;
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "" } = request;
    const sent = await bytesOf(request);
    const body = textOf(sent, request.headers["content-encoding"]);
    const answer = await passOn(options.stackUrl, request, sent);
    const loses: boolean = !hasLost && body.includes(options.losesAnswerTo);
    hasLost ||= loses;
    const status = loses ? (options.loss === "503" ? 503 : undefined) : answer.status;
    exchanges.push({ method, path, body, status });
    respond(response, { ...answer, status, body: loses ? LOST : answer.body });
  }).listen(0);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the front has no port");
  return {
    url: `http://localhost:${address.port}`,
    exchanges: () => exchanges,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What ingest says when the queue did not take everything. */
const LOST = Buffer.from('{"code":"queue_unavailable","message":"try again","requestId":"front"}');

type Answered = {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
};

async function passOn(stackUrl: string, { method, url, headers }: IncomingMessage, sent: Buffer) {
  const passed = httpRequest(`${stackUrl}${url}`, { method, headers });
  passed.end(sent);
  const [answer]: IncomingMessage[] = await once(passed, "response");
  if (answer === undefined) throw new Error("the stack gave no answer");
  return { status: answer.statusCode, headers: answer.headers, body: await bytesOf(answer) };
}

/** The headers stay those of the stack: a browser hands a page no answer without them. */
function respond(response: ServerResponse, { status, headers, body }: Answered): void {
  if (status === undefined) {
    response.destroy();
    return;
  }
  const { "content-length": _, "transfer-encoding": __, ...others } = headers;
  response.writeHead(status, others).end(body);
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function textOf(bytes: Buffer, encoding: string | undefined): string {
  return (encoding === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
}
