import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { SegmentChange } from "../../lib/audience/segment-writer.ts";
import { INTEGRATION_NAMES, INTEGRATIONS } from "../../lib/connections/integrations.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import { SHAPES } from "../../lib/launchdarkly/segments/synced/transform.ts";
import { ingestInMemory, usable } from "../support/ingest-request.ts";

/** See test/vectors/README.md. */
const vectorSchema = z.strictObject({
  about: z.string().min(1),
  origin: z.string().min(1),
  integration: z.string(),
  connection: z.strictObject({
    source: z.string(),
    audiences: z.record(z.string(), z.unknown()).default({}),
  }),
  receivedAt: z.iso.datetime(),
  body: z.unknown(),
  expect: z.union([
    z.strictObject({ status: z.int(), code: z.string(), message: z.string() }),
    z.strictObject({
      operations: z.array(
        z.strictObject({
          segment: z.strictObject({ id: z.string(), name: z.string() }),
          contextKind: z.string(),
          contextKey: z.string(),
          action: z.enum(["add", "remove"]),
          index: z.int(),
          id: z.strictObject({ sha256: z.string() }),
        }),
      ),
      rejected: z.record(z.string(), z.int()),
    }),
  ]),
});

const folder = join(import.meta.dirname, "../vectors/segment-targets");
const files = globSync("*.json", { cwd: folder }).sort();

describe("bodies made for LaunchDarkly", () => {
  const vectors = files.map((file) =>
    vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))),
  );

  test("have vectors for every integration", () => {
    expect([...new Set(vectors.map(({ integration }) => integration))].sort()).toEqual(
      INTEGRATION_NAMES.toSorted(),
    );
  });

  test.each(files.map((file) => [basename(file, ".json"), file]))("%s", async (_name, file) => {
    const vector = vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const { call, operations } = start(vector.connection, Date.parse(vector.receivedAt));
    const answer = await call(requestOf(vector.integration, vector.body));
    if ("code" in vector.expect) {
      const { status, code, message } = vector.expect;
      expect({ status: answer.status, json: answer.json }).toEqual({
        status,
        json: { code, message, requestId: "request-1" },
      });
      expect(operations()).toEqual([]);
      return;
    }
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: "" });
    expect(answer.record.rejected).toEqual(vector.expect.rejected);
    const receivedAtMs = Date.parse(vector.receivedAt);
    expect(operations()).toEqual(
      vector.expect.operations.map(({ index, id, ...operation }) => ({
        ...operation,
        version: [receivedAtMs, receivedAtMs, index, createHash("sha256").update(id.sha256).digest("hex")],
      })),
    );
  });
});

describe("what Flagbridge sends to LaunchDarkly, it takes from others:", () => {
  test.each(INTEGRATION_NAMES)("%s", async (integration) => {
    const contextKind = INTEGRATIONS[integration].carriesContextKind ? "device" : "user";
    const segment = { id: "c1", name: "Cohort one" };
    const all: SegmentChange["members"] = [
      { contextKey: "u1", action: "add" },
      { contextKey: "u2", action: "remove" },
    ];
    const changes = SHAPES[integration].separatesActions ? all.map((member) => [member]) : [all];
    const { call, operations } = start({ source: "flagbridge", audiences: {} }, 0);
    for (const members of changes) {
      const body = SHAPES[integration].body("environment", { segment, contextKind, members });
      expect((await call(requestOf(integration, body))).status).toBe(204);
    }
    expect(operations()).toMatchObject(all.map((member) => ({ ...member, segment, contextKind })));
  });
});

function start({ source, audiences }: { source: string; audiences: object }, receivedAtMs: number) {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: { cdp: { source, secret: "cdp", audiences: { to: ["production"], ...audiences } } },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const secrets = { cdp: usable({ tokens: ["token"] }) };
  return ingestInMemory({ connections: checked.connections, secrets, receivedAtMs });
}

function requestOf(integration: string, body: unknown) {
  const path = `/api/v2/segment-targets/${integration}`;
  return { path, headers: { authorization: "token" }, body: JSON.stringify(body) };
}
