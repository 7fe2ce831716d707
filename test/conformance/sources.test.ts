import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ingest } from "../../functions/ingest/ingest.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import type { ConnectionSecret } from "../../lib/connections/secrets.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { SOURCES } from "../../lib/sources/sources.ts";

/** See test/vectors/README.md. */
const vectorSchema = z.strictObject({
  about: z.string().min(1),
  origin: z.string().min(1),
  connection: z.strictObject({
    source: z.string(),
    audiences: z.record(z.string(), z.unknown()).default({}),
  }),
  secret: z.strictObject({ writeKeys: z.array(z.string()) }).optional(),
  receivedAt: z.iso.datetime(),
  path: z.string(),
  body: z.unknown(),
  expect: z.union([
    z.strictObject({ refused: z.strictObject({ status: z.int(), code: z.string(), message: z.string() }) }),
    z.strictObject({
      accepted: z.int(),
      operations: z.array(
        z.strictObject({
          segment: z.strictObject({ id: z.string(), name: z.string() }),
          contextKind: z.string(),
          contextKey: z.string(),
          action: z.enum(["add", "remove"]),
          at: z.iso.datetime(),
          index: z.int(),
          id: z.union([z.string(), z.strictObject({ sha256: z.string() })]),
        }),
      ),
      rejected: z.array(z.strictObject({ index: z.int(), code: z.string(), message: z.string() })),
    }),
  ]),
});

type Vector = z.output<typeof vectorSchema>;

const folder = join(import.meta.dirname, "../vectors");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe.each(Object.keys(SOURCES))("requests of source %s", (source) => {
  const files = globSync(`${source}/*.json`, { cwd: folder }).sort();

  test("have vectors", () => expect(files.length).toBeGreaterThan(10));

  test.each(files.map((file) => [basename(file, ".json"), file]))("%s", async (_name, file) => {
    const vector = vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const { status, body, queued } = await send(vector);
    if ("refused" in vector.expect) {
      const { refused } = vector.expect;
      expect({ status, ...body }).toEqual({ ...refused, requestId: "request-1" });
      expect(queued).toEqual([]);
      return;
    }
    const { accepted, rejected, operations } = vector.expect;
    expect({ status, ...body }).toEqual({ status: 200, success: true, accepted, rejected });
    expect(queued).toEqual(
      operations.map(({ at, index, id, ...operation }) => ({
        ...operation,
        version: [
          Date.parse(at),
          Date.parse(vector.receivedAt),
          index,
          typeof id === "string" ? id : sha256(id.sha256),
        ],
      })),
    );
  });
});

/** The vector's request through the whole of ingest, and the operations that a batcher would read from the queue. */
async function send({ connection, secret, receivedAt, path, body }: Vector) {
  const { source, audiences } = connection;
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: { cdp: { source, secret: "cdp", audiences: { to: ["production"], ...audiences } } },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const tracking = path.startsWith("/v1/");
  const value: ConnectionSecret = secret ?? (tracking ? { writeKeys: ["write-key"] } : { tokens: ["token"] });
  const sent: string[] = [];
  const { answer } = await ingest(
    {
      method: "POST",
      path,
      headers: { authorization: tracking ? `Basic ${btoa("write-key:")}` : "Bearer token" },
      body: JSON.stringify(body),
      isBase64Encoded: false,
      requestId: "request-1",
    },
    {
      connections: checked.connections,
      readSecrets: async () => new Map([["cdp", { kind: "usable", value }]]),
      send: async (bodies) => {
        sent.push(...bodies);
        return bodies.map(() => ({ kind: "confirmed" }));
      },
      now: () => Date.parse(receivedAt),
      digest: sha256,
      version: "0.0.0",
    },
  );
  const messages = sent.map((text) => audienceOperationsMessage.parse(JSON.parse(text)));
  return {
    status: answer.statusCode,
    body: z.record(z.string(), z.unknown()).parse(JSON.parse(answer.body)),
    queued: messages.flatMap(operationsOf),
  };
}
