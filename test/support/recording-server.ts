import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";

export type ReceivedRequest = {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  /** Inflated where it came as gzip. */
  readonly body: string;
};

/** A real server on a free port that keeps what it gets and answers as it is told; it ends with the test. */
export async function recordingServer(
  answer: (response: ServerResponse, request: ReceivedRequest, count: number) => void,
): Promise<{ readonly url: string; readonly received: readonly ReceivedRequest[] }> {
  const received: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const raw = Buffer.concat(chunks);
      const isGzip = incoming.headers["content-encoding"] === "gzip";
      const request = {
        line: `${incoming.method} ${incoming.url}`,
        headers: incoming.headers,
        body: (isGzip ? gunzipSync(raw) : raw).toString(),
      };
      received.push(request);
      answer(response, request, received.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server listens on no port");
  return { url: `http://127.0.0.1:${address.port}`, received };
}
