import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { connectionSecretOf } from "../../lib/connections/check-secrets.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { ingestInMemory, usable } from "../support/ingest-request.ts";

const source = z.enum(["segment", "flagbridge", "launchdarkly"]);
const texts = z.array(z.string()).optional();
const secretSchema = z.strictObject({ signingSecrets: texts, tokens: texts, writeKeys: texts });

/** See test/vectors/README.md. */
const vectorSchema = z.strictObject({
  about: z.string().min(1),
  origin: z.string().min(1),
  connection: z.strictObject({ source, allowPartlySignedBatches: z.boolean().optional() }),
  secret: secretSchema,
  refreshed: secretSchema.optional(),
  receivedAt: z.iso.datetime(),
  headers: z.record(z.string(), z.string()),
  text: z.string(),
  expect: z.strictObject({
    status: z.int(),
    code: z.string().optional(),
    causes: texts,
    contextKeys: texts,
    changes: texts,
    at: z.iso.datetime().optional(),
  }),
});

type Vector = z.output<typeof vectorSchema>;

const folder = join(import.meta.dirname, "../vectors/signatures");
const files = globSync("*.json", { cwd: folder }).sort();

describe("signed requests", () => {
  test("have vectors", () => expect(files.length).toBeGreaterThan(50));

  test.each(files.map((file) => [basename(file, ".json"), file]))("%s", async (_name, file) => {
    const vector = vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const { status, code, causes, contextKeys = [], changes: ids = [], at } = vector.expect;
    const { call, operations, changes } = ingestInMemory({
      connections: connectionsOf(vector),
      secrets: { cdp: checked(vector, vector.secret) },
      refreshed: { cdp: checked(vector, vector.refreshed ?? vector.secret) },
      receivedAtMs: Date.parse(vector.receivedAt),
    });
    const answer = await call({ path: "/c/cdp", headers: vector.headers, body: vector.text });
    expect({ status: answer.status, code: answer.record.code }).toEqual({ status, code });
    expect(answer.record.causes).toEqual(causes);
    expect(operations().map(({ contextKey }) => contextKey)).toEqual(contextKeys);
    expect(changes().map(({ id }) => id)).toEqual(ids);
    if (at) expect(operations().map(({ version }) => version[0])).toEqual([Date.parse(at)]);
  });
});

function connectionsOf({ connection }: Vector): Connections {
  const result = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: {
      cdp: {
        ...connection,
        secret: "cdp",
        ...(connection.source === "launchdarkly"
          ? { posthog: { to: ["main"] } }
          : { audiences: { to: ["production"] } }),
      },
    },
  });
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.connections;
}

/** A secret that the function would not take proves nothing about signatures. */
function checked({ connection }: Vector, secret: Vector["secret"]) {
  return usable(connectionSecretOf(connection.source).parse(secret));
}
