import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { SOURCES } from "../../lib/sources/sources.ts";
import { ingestInMemory, oneConnection, RECEIVED_AT, usable } from "../support/ingest-request.ts";
import { SEARCH_TIMES } from "../support/length.ts";
import { mutated } from "../support/mutated-json.ts";
import { vectorsFolder } from "../support/vectors-folder.ts";

const folder = join(import.meta.dirname, "../vectors");
const vectorSchema = z.object({
  connection: z.object({
    audiences: z.record(z.string(), z.unknown()).default({}),
    metrics: z.record(z.string(), z.unknown()).optional(),
    posthog: z.record(z.string(), z.unknown()).optional(),
  }),
  body: z.unknown().optional(),
});

/** The vectors of a source whose body is JSON, with their connection. */
function vectorsOf(source: string) {
  return globSync(`${vectorsFolder(source)}/*.json`, { cwd: folder })
    .sort()
    .map((file) => vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))))
    .filter(({ body }) => body !== undefined);
}

async function send(connection: Parameters<typeof oneConnection>[0], body: unknown) {
  const { call, operations, events, changes } = ingestInMemory({
    connections: oneConnection(connection),
    secrets: { cdp: usable({ tokens: ["token"] }) },
  });
  const { status, record } = await call({
    path: "/c/cdp",
    headers: { authorization: "Bearer token" },
    body: JSON.stringify(body),
  });
  return { status, record, operations: operations(), events: events(), changes: changes() };
}

describe.each(Object.keys(SOURCES))("whatever is wrong with a request of source %s", (source) => {
  const vectors = vectorsOf(source);

  test("it is refused or taken, item by item, and nothing is queued that is not right", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(vectors.length - 1).chain((index) => {
          const vector = vectors[index];
          return fc.record({
            connection: fc.constant(vector?.connection ?? {}),
            body: mutated(fc.constant(vector?.body)),
          });
        }),
        async ({ connection, body }) => {
          const { status, record, operations, events, changes } = await send({ source, ...connection }, body);
          expect([200, 400]).toContain(status);
          expect(operations.length + events.length + changes.length).toBeLessThanOrEqual(
            record.accepted ?? 0,
          );
          for (const { version, contextKey, segment } of operations) {
            expect(version[0]).toBeLessThanOrEqual(RECEIVED_AT + 60_000);
            expect([contextKey, segment.id, segment.name]).not.toContain("");
          }
        },
      ),
      { numRuns: 300 * SEARCH_TIMES },
    );
  });
});
