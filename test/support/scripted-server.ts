import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { gunzipSync } from "node:zlib";

export type ReceivedRequest = {
  /** For example `POST /api/v2/segments/web/test`. */
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
};

/** `never`: the request is taken and not answered. */
export type ScriptedAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | "never"
  | "reset";

export type ScriptedServer = {
  /** Without a slash at the end. */
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  readonly close: () => void;
};

/** A real server on a free port that answers as it is told, and remembers what it was asked, unpacked where it is gzip. */
export async function scriptedServer(
  answer: (request: ReceivedRequest) => ScriptedAnswer,
): Promise<ScriptedServer> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const isGzip = request.headers["content-encoding"] === "gzip";
      const text = (isGzip ? gunzipSync(bytes) : bytes).toString();
      const body = text === "" ? undefined : JSON.parse(text);
      const asked = { line: `${request.method} ${request.url}`, headers: request.headers, body };
      received.push(asked);
      const given = answer(asked);
      if (given === "reset") request.socket.resetAndDestroy();
      else if (given !== "never") response.writeHead(given.status, given.headers).end(given.body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server listens on no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
