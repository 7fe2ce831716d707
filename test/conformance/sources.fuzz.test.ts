import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ingest } from "../../functions/ingest/ingest.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { flagChangesMessage } from "../../lib/messages/flag-changes.ts";
import { metricEventsMessage } from "../../lib/messages/metric-events.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import { SEARCH_TIMES } from "../support/length.ts";
import { memoryReplays } from "../support/memory-replays.ts";
import { mutated } from "../support/mutated-json.ts";
import { queuedBodies } from "../support/queued-bodies.ts";

const RECEIVED_AT = Date.parse("2026-05-03T12:00:00.000Z");
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
  return globSync(`${source}/*.json`, { cwd: folder })
    .sort()
    .map((file) => vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))))
    .filter(({ body }) => body !== undefined);
}

type Settings = {
  readonly audiences?: object;
  readonly metrics?: object | undefined;
  readonly posthog?: object | undefined;
};

async function send(source: string, { audiences, metrics, posthog }: Settings, body: unknown) {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: {
      cdp: {
        source,
        secret: "cdp",
        ...(posthog
          ? { posthog: { to: ["main"], ...posthog } }
          : { audiences: { to: ["production"], ...audiences } }),
        ...(metrics && { metrics: { to: ["production"], ...metrics } }),
      },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const queued = queuedBodies();
  const { answer, record } = await ingest(
    {
      method: "POST",
      path: "/c/cdp",
      headers: { authorization: "Bearer token" },
      body: JSON.stringify(body),
      isBase64Encoded: false,
      requestId: "request-1",
    },
    {
      connections: checked.connections,
      readSecrets: async () => new Map([["cdp", { kind: "usable", value: { tokens: ["token"] } }]]),
      send: queued.send,
      replays: memoryReplays(),
      now: () => RECEIVED_AT,
      digest: (text) => createHash("sha256").update(text).digest("hex"),
      version: "0.0.0",
    },
  );
  const messages = queued.of["audience-operations"].map((text) =>
    audienceOperationsMessage.parse(JSON.parse(text)),
  );
  const metricMessages = queued.of["metric-events"].map((text) =>
    metricEventsMessage.parse(JSON.parse(text)),
  );
  return {
    status: answer.statusCode,
    record,
    operations: messages.flatMap(operationsOf),
    events: metricMessages.flatMap((message) => message.events),
    changes: queued.of["flag-changes"].flatMap((text) => flagChangesMessage.parse(JSON.parse(text)).changes),
  };
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
          const { status, record, operations, events, changes } = await send(source, connection, body);
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
