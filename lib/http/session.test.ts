import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type HttpSession, openHttpSession } from "./session.ts";

let server: Server | undefined;
let session: HttpSession | undefined;

afterEach(() => {
  session?.close();
  session = undefined;
  server?.closeAllConnections();
  server?.close();
});

async function ask(listener: RequestListener, timeoutMs = 2_000) {
  server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return send(portOf(server), timeoutMs);
}

function portOf(listening: { address: () => unknown }): number {
  const address = listening.address();
  if (typeof address === "object" && address !== null && "port" in address) return Number(address.port);
  throw new Error("the server listens on no port");
}

function send(port: number, timeoutMs = 2_000) {
  session ??= openHttpSession();
  return session.send({
    method: "POST",
    url: `http://127.0.0.1:${port}/path`,
    headers: { "x-sent": "yes" },
    body: "bodÿ",
    timeoutMs,
  });
}

describe("a request", () => {
  test("arrives with its headers and its length in bytes, and its answer is read whole", async () => {
    const answer = await ask((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.writeHead(418, { "x-ratelimit-reset": "7" });
        response.end(
          `${request.method} ${request.url} ${request.headers["content-length"]} ${Buffer.concat(chunks)}`,
        );
      });
    });
    expect(answer).toMatchObject({
      kind: "answered",
      status: 418,
      body: "POST /path 5 bodÿ",
      headers: { "x-ratelimit-reset": "7" },
    });
  });

  test("uses the connection of the one before", async () => {
    let connections = 0;
    await ask((_, response) => response.end());
    server?.on("connection", () => {
      connections += 1;
    });
    await send(portOf(server as Server));
    expect(connections).toBe(0);
  });

  test("that nobody listens to was never sent", async () => {
    const closed = createTcpServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const port = portOf(closed);
    closed.close();
    await once(closed, "close");
    expect(await send(port)).toEqual({ kind: "unsent", reason: "connection-refused" });
  });

  test("that is reset may have arrived", async () => {
    expect(await ask((request) => request.socket.resetAndDestroy())).toEqual({
      kind: "unanswered",
      reason: "connection-lost",
    });
  });

  test("that gets no answer in time may have arrived", async () => {
    expect(await ask(() => undefined, 100)).toEqual({ kind: "unanswered", reason: "no-answer" });
  });

  test("whose answer stops in the middle may have arrived", async () => {
    const answer = await ask((_, response) => {
      response.writeHead(204 + 1, { "content-length": "10" });
      response.write("half");
    }, 100);
    expect(answer).toEqual({ kind: "unanswered", reason: "no-answer" });
  });

  test("whose answer's connection is cut in the middle may have arrived", async () => {
    const answer = await ask((request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("half");
      setTimeout(() => request.socket.resetAndDestroy(), 20);
    });
    expect(answer).toEqual({ kind: "unanswered", reason: "connection-lost" });
  });

  test("is aborted when its session closes", async () => {
    const pending = ask(() => undefined);
    setTimeout(() => session?.close(), 100);
    expect(await pending).toEqual({ kind: "unanswered", reason: "connection-lost" });
  });

  test("is told no more than 64 KiB of an endless answer", async () => {
    const answer = await ask((_, response) => response.end("x".repeat(200_000)));
    expect(answer.kind === "answered" && answer.body.length).toBe(65_536);
  });
});
