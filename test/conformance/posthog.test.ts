import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { projectTo } from "../../functions/posthog-forwarder/destinations.ts";
import { forward } from "../../functions/posthog-forwarder/forward.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { splitBudget } from "../../lib/delivery/split-budget.ts";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import { reduceEntry } from "../../lib/flag-changes/reduce.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { packFlagChanges } from "../../lib/messages/pack-items.ts";
import { queuedRecord } from "../support/queued-record.ts";

/** See test/vectors/README.md. */
const vectorSchema = z.strictObject({
  about: z.string().min(1),
  origin: z.string().min(1),
  options: z.record(z.string(), z.unknown()),
  entry: z.unknown(),
  expect: z.strictObject({
    /** What else the body of the request holds. */
    body: z.record(z.string(), z.unknown()).optional(),
    events: z.array(z.record(z.string(), z.unknown())),
    absent: z.array(z.string()).optional(),
    nowhere: z.array(z.string()).optional(),
  }),
});

const folder = join(import.meta.dirname, "../vectors/posthog");
const files = globSync("*.json", { cwd: folder }).sort();
const NOW = Date.parse("2026-05-03T12:00:00.000Z");

const sentEvent = z.object({
  uuid: z.string(),
  event: z.string().min(1).max(200),
  distinct_id: z.string().min(1).max(200),
  timestamp: z.iso.datetime(),
  properties: z.record(z.string(), z.unknown()),
});

test("there are the connector's own cases and more", () => {
  expect(files.filter((file) => file.startsWith("connector-"))).toHaveLength(8);
  expect(files.length).toBeGreaterThan(40);
});

describe("an entry of the audit log becomes these events:", () => {
  test.each(files.map((file) => [basename(file, ".json"), file]))("%s", async (_name, file) => {
    const vector = vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const body = await bodyFor(vector.entry, connectionsWith(vector.options));
    const batch = z.array(sentEvent).parse(body.batch);
    expect(body).toMatchObject(vector.expect.body ?? {});
    expect(batch).toMatchObject(vector.expect.events);
    for (const { properties } of batch) {
      for (const name of CONNECTOR_PROPERTIES) expect(typeof properties[name]).toBe("string");
      for (const name of vector.expect.absent ?? []) expect(properties).not.toHaveProperty([name]);
    }
    const text = JSON.stringify(batch).toLowerCase();
    for (const word of vector.expect.nowhere ?? []) expect(text).not.toMatch(new RegExp(`\\b${word}\\b|@`));
  });
});

/** Those of PostHog's page on the LaunchDarkly connector. */
const CONNECTOR_PROPERTIES = [
  "launchDarklyEventId",
  "launchDarklyEventAccountId",
  "launchDarklyEventType",
  "comment",
  "distinct_id",
  "email",
  "firstName",
  "lastName",
  "title",
];

function connectionsWith(options: Readonly<Record<string, unknown>>): Connections {
  const checked = checkConnections({
    posthog: { main: { host: "https://app.posthog.com", secret: "posthog" } },
    connections: {
      changes: { source: "launchdarkly", secret: "changes", posthog: { to: ["main"], ...options } },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return checked.connections;
}

/** The body of the one request that leaves for an entry: through the queue's message, the forwarder and gzip. */
async function bodyFor(entry: unknown, connections: Connections): Promise<Record<string, unknown>> {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  const reduced = reduceEntry(entry, { index: 0, digest });
  if (reduced.kind !== "change") throw new Error(reduced.expected);
  const [message = ""] = packFlagChanges({
    connection: "changes",
    acceptedAt: NOW,
    changes: [reduced.change],
  });
  const bodies: string[] = [];
  const value = { projectApiKey: "phc_testProjectKey" };
  const to = projectTo("main", connections, {
    http: {
      send: async ({ url, body }) => {
        expect(url).toBe("https://us.i.posthog.com/batch/");
        bodies.push(gunzipSync(body).toString());
        return { kind: "answered", status: 200, headers: {}, body: "" };
      },
    },
    annotationBudget: unlimited,
    now: () => NOW,
    secrets: {
      readSecrets: async () => new Map([["posthog", { kind: "usable", value }]]),
      onProblem: () => {},
    },
    limits: noLimits(),
    paces: new Map(),
    timeoutMs: 1_000,
    version: "1.2.3",
  });
  const record = queuedRecord(message, { sentAtMs: Date.now(), firstReceivedAtMs: NOW });
  const [outcome] = await forward([record], {
    connections,
    to,
    queueAnnotations: async (_connection, queued) => queued.map(() => true),
    budget: unlimited,
    deliveryMs: 1_000,
    now: () => NOW,
    random: () => 0,
    splits: splitBudget(() => NOW),
    version: "1.2.3",
  });
  expect(outcome?.fates).toEqual([{ kind: "delivered", how: "applied" }]);
  expect(bodies).toHaveLength(1);
  return JSON.parse(bodies[0] ?? "");
}
