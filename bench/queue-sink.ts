import { hash } from "node:crypto";
import { createServer } from "node:http";
import * as z from "zod/mini";
import { listenOnLoopback } from "../dev/listen.ts";

/** Where the sink listens, and on `process.send` of anything: on how many different lines it has an operation. */
export type FromQueueSink =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "lines"; readonly lines: number; readonly messages: number };

const call = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });

/** Stands for SQS: confirms every message with its digest, in a process whose CPU nobody counts, and remembers the lines. */
async function main(tell: (message: FromQueueSink) => void): Promise<void> {
  let seen = new Uint8Array(1 << 20);
  let lines = 0;
  let messages = 0;
  const take = (body: string): void => {
    messages += 1;
    // Parsing a million operations takes longer than sending them.
    for (const [, index] of body.matchAll(/"index":(\d+)/g)) {
      const line = Number(index);
      if (line >= seen.length) {
        const larger = new Uint8Array(Math.max(line + 1, seen.length * 2));
        larger.set(seen);
        seen = larger;
      }
      if (seen[line] === 0) lines += 1;
      seen[line] = 1;
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { Entries } = call.parse(JSON.parse(Buffer.concat(chunks).toString()));
      for (const { MessageBody } of Entries) take(MessageBody);
      const Successful = Entries.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: hash("md5", MessageBody),
      }));
      response
        .writeHead(200, { "content-type": "application/x-amz-json-1.0" })
        .end(JSON.stringify({ Successful }));
    });
  });
  server.keepAliveTimeout = 60_000;
  process.on("message", () => tell({ kind: "lines", lines, messages }));
  process.on("disconnect", () => process.exit());
  tell({ kind: "listening", port: await listenOnLoopback(server, 0) });
}

if (!process.send) throw new Error("the sink is started by bench/scenarios/backfill.ts");
await main((message) => {
  process.send?.(message);
});
