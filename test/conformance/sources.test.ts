import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { Connections } from "../../lib/connections/schema.ts";
import { wireEvent } from "../../lib/launchdarkly/metric-events/transform.ts";
import type { MetricEvent } from "../../lib/messages/metric-events.ts";
import { IGNORED_KINDS } from "../../lib/sources/source.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import { basic, ingestInMemory, oneConnection, usable } from "../support/ingest-request.ts";
import { MIN_VECTORS, vectorsFolder } from "../support/vectors-folder.ts";

/** See test/vectors/README.md. */
const vectorSchema = z.strictObject({
  about: z.string().min(1),
  origin: z.string().min(1),
  connection: z.strictObject({
    source: z.string(),
    audiences: z.record(z.string(), z.unknown()).default({}),
    metrics: z.record(z.string(), z.unknown()).optional(),
    posthog: z.record(z.string(), z.unknown()).optional(),
    erasures: z.boolean().optional(),
  }),
  secret: z
    .strictObject({ writeKeys: z.array(z.string()).optional(), tokens: z.array(z.string()).optional() })
    .optional(),
  receivedAt: z.iso.datetime(),
  path: z.string(),
  body: z.unknown().optional(),
  text: z.string().optional(),
  expect: z.union([
    z.strictObject({
      refused: z.strictObject({
        status: z.int(),
        code: z.string(),
        message: z.string(),
        answer: z.record(z.string(), z.unknown()).optional(),
      }),
    }),
    z.strictObject({
      accepted: z.int(),
      ignored: z.partialRecord(z.enum(IGNORED_KINDS), z.int().positive()).default({}),
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
      events: z.array(z.record(z.string(), z.unknown())).default([]),
      changes: z.array(z.record(z.string(), z.unknown())).default([]),
      erasures: z.array(z.array(z.strictObject({ kind: z.string(), key: z.string() }))).default([]),
      rejected: z.array(z.strictObject({ index: z.int(), code: z.string(), message: z.string() })),
      answer: z.record(z.string(), z.unknown()).optional(),
    }),
  ]),
});

type Vector = z.output<typeof vectorSchema>;

const folder = join(import.meta.dirname, "../vectors");
const contributing = readFileSync(join(import.meta.dirname, "../../CONTRIBUTING.md"), "utf8");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe.each(Object.keys(SOURCES))("requests of source %s", (source) => {
  const files = globSync(`${vectorsFolder(source)}/*.json`, { cwd: folder }).sort();

  test("have as many vectors as CONTRIBUTING.md wants", () => {
    expect(files.length).toBeGreaterThanOrEqual(MIN_VECTORS);
    expect(contributing).toContain(`vectors in \`test/vectors/\`, at least ${MIN_VECTORS},`);
  });

  test.each(files.map((file) => [basename(file, ".json"), file]))("%s", async (_name, file) => {
    const vector = vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const { status, body, queued, events, changes, erasures, record } = await send(vector);
    if ("refused" in vector.expect) {
      const { answer, ...refused } = vector.expect.refused;
      expect({ status: record.status, code: record.code }).toEqual({ status, code: refused.code });
      expect({ status, body }).toEqual({
        status: refused.status,
        body: answer ?? { code: refused.code, message: refused.message, requestId: "request-1" },
      });
      expect([...queued, ...events, ...changes, ...erasures]).toEqual([]);
      return;
    }
    const { accepted, ignored: ignoredByKind, rejected, operations, answer } = vector.expect;
    const ignored = Object.values(ignoredByKind).reduce((sum, count) => sum + count, 0);
    const success = rejected.length === 0 || accepted > ignored;
    expect({ status, body }).toEqual({
      status: 200,
      body: answer ?? { success, accepted, ignored, rejected },
    });
    // An answer in the vendor's shape lists no rejections: the log has how many of each code there are.
    expect(record).toMatchObject({ accepted, rejected: countsByCode(rejected) });
    expect(record.ignored).toEqual(ignoredByKind);
    if (answer) expect(rejectionsOf(vector)).toEqual(rejected);
    expect(events).toEqual(vector.expect.events);
    expect(changes).toEqual(vector.expect.changes);
    expect(erasures.map(({ contexts }) => contexts)).toEqual(vector.expect.erasures);
    expect(erasures).toMatchObject(
      erasures.map((_, index) => ({ connection: "cdp", requestId: "request-1", index })),
    );
    expect(record.erasures ?? 0).toBe(erasures.length);
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

function countsByCode(rejected: readonly { readonly code: string }[]): Record<string, number> {
  return Object.fromEntries(
    rejected.map(({ code }) => [code, rejected.filter((other) => other.code === code).length]),
  );
}

/** What the source itself says of the vector's body. */
function rejectionsOf({ connection, receivedAt, body }: Vector) {
  const { cdp } = oneConnection(connection).connections;
  if (!cdp) throw new Error("the connection of the vector is not there");
  const parsed = SOURCES[cdp.source].parse({
    body,
    bodyBytes: 0,
    connection: cdp,
    receivedAtMs: Date.parse(receivedAt),
    route: "connection",
    digest: sha256,
  });
  return parsed.kind === "understood" ? parsed.rejected : parsed;
}

/** The vector's request through the whole of ingest, and what consumers would read from the queues. */
async function send({ connection, secret, receivedAt, path, body, text }: Vector) {
  const tracking = path.startsWith("/v1/");
  const connections = oneConnection(connection);
  const { call, operations, events, changes, erasures } = ingestInMemory({
    connections,
    secrets: { cdp: usable(secret ?? (tracking ? { writeKeys: ["write-key"] } : { tokens: ["token"] })) },
    receivedAtMs: Date.parse(receivedAt),
  });
  const { status, json, record } = await call({
    path,
    headers: tracking ? basic("write-key") : { authorization: "Bearer token" },
    body: text ?? JSON.stringify(body),
  });
  return {
    status,
    body: json,
    queued: operations(),
    events: wireEvents(events(), connections),
    changes: changes(),
    erasures: erasures(),
    record,
  };
}

/** Metric events as LaunchDarkly gets them. */
function wireEvents(events: readonly MetricEvent[], { connections }: Connections): object[] {
  const metrics = connections.cdp?.metrics;
  if (!metrics) return events.map(() => ({ unexpected: "an event of a connection without metrics" }));
  return events.map((event) => wireEvent(event, metrics));
}
