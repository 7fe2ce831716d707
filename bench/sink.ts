import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { listenOnLoopback } from "../dev/listen.ts";

/** What the sink is told by the process that started it. */
export type ToSink = { readonly kind: "keep" } | { readonly kind: "take" };
/** What it says: where it listens; what it has taken since the last time, bodies only while it keeps them. */
export type FromSink =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "taken"; readonly requests: number; readonly bodies: readonly string[] };

/** Stands for LaunchDarkly and PostHog: answers every POST with 200, in a process whose CPU nobody counts. */
async function main(tell: (message: FromSink) => void): Promise<void> {
  let requests = 0;
  let keeps = false;
  let bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      if (keeps) chunks.push(chunk);
    });
    request.on("end", () => {
      requests += 1;
      const body = Buffer.concat(chunks);
      if (keeps)
        bodies.push((request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString());
      response.writeHead(200, { "content-type": "application/json", "content-length": "2" }).end("{}");
    });
  });
  server.keepAliveTimeout = 60_000;
  process.on("message", (message: ToSink) => {
    keeps = message.kind === "keep";
    if (message.kind !== "take") return;
    tell({ kind: "taken", requests, bodies });
    bodies = [];
    requests = 0;
  });
  process.on("disconnect", () => process.exit());
  tell({ kind: "listening", port: await listenOnLoopback(server, 0) });
}

if (!process.send) throw new Error("the sink is started by bench/start-sink.ts");
await main((message) => {
  process.send?.(message);
});
