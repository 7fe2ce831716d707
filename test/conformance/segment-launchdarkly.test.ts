import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { routeTo } from "../../functions/audience-batcher/destinations.ts";
import { startPlan } from "../../lib/audience/plan.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import type { HttpRequest } from "../../lib/http/session.ts";
import { audienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import { basic, ingestInMemory, RECEIVED_AT, usable } from "../support/ingest-request.ts";

/** See test/vectors/README.md. */
const vectorSchema = z.strictObject({
  about: z.string().min(1),
  origin: z.string().min(1),
  /** In which way Segment's own destination does otherwise, where Flagbridge differs on purpose. */
  differs: z.string().optional(),
  settings: z.strictObject({ client_id: z.string(), context_kind: z.string(), context_key: z.string() }),
  events: z.array(z.unknown()),
  expect: z.strictObject({ requests: z.array(z.unknown()), rejected: z.array(z.string()) }),
});

type Settings = z.output<typeof vectorSchema>["settings"];

const folder = join(import.meta.dirname, "../vectors/segment-launchdarkly");
const page = readFileSync(join(import.meta.dirname, "../../docs/sources/segment.md"), "utf8");
const files = globSync("*.json", { cwd: folder }).sort();

/** What the page tells users to write for each `context_key` of Segment's destination. */
const contextKeys = new Map(
  [...page.matchAll(/^\| `(user_id_\w+|email_only)` *\| `\[([\w, ]+)\]` *\|/gm)].map(([, setting, names]) => [
    setting,
    names?.split(", "),
  ]),
);

test("docs/sources/segment.md maps every context key setting of the LaunchDarkly Audiences destination", () => {
  expect([...contextKeys.keys()]).toEqual([
    "user_id_only",
    "user_id_then_email",
    "user_id_then_anonymousId",
    "user_id_then_email_then_anonymousId",
    "email_only",
  ]);
});

describe("an event of Engage becomes the request that Segment's LaunchDarkly Audiences destination sends:", () => {
  test.each(files.map((file) => [basename(file, ".json"), file]))("%s", async (_name, file) => {
    const vector = vectorSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const connections = connectionsOf(vector.settings);
    const secrets = { engage: usable({ writeKeys: ["write-key"] }) };
    const { call, queued } = ingestInMemory({ connections, secrets });
    const answer = await call({
      headers: basic("write-key"),
      body: JSON.stringify({ batch: vector.events }),
    });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.record.rejected ?? {})).toEqual(vector.expect.rejected);
    const requests = await requestsOf(queued, connections);
    expect(requests.map(({ body }) => JSON.parse(String(body)))).toEqual(vector.expect.requests);
    for (const { method, url, headers } of requests) {
      expect({ method, url, headers }).toMatchObject({
        method: "POST",
        url: "https://app.launchdarkly.com/api/v2/segment-targets/segment-audiences",
        headers: { "content-type": "application/json", authorization: "api-1", "ld-api-version": "20240415" },
      });
    }
  });
});

function connectionsOf({
  client_id: clientSideId,
  context_kind: contextKind,
  context_key,
}: Settings): Connections {
  const audiences = { to: ["production"], contextKind, contextKey: contextKeys.get(context_key) };
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId, secret: "launchdarkly" } },
    connections: { engage: { source: "segment", secret: "engage", audiences } },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return checked.connections;
}

/** What the batcher makes of the queue's messages, up to the bytes that would leave. */
async function requestsOf(queued: readonly string[], connections: Connections): Promise<HttpRequest[]> {
  const sent: HttpRequest[] = [];
  const to = routeTo("production", connections, {
    http: {
      send: async (request) => {
        sent.push(request);
        return { kind: "answered", status: 204, headers: {}, body: "" };
      },
    },
    noteProblem: () => {},
    now: () => RECEIVED_AT,
    accessToken: async () => "api-1",
    limits: noLimits(),
    timeoutMs: 1_000,
    userAgent: "Flagbridge/test",
  });
  const plan = startPlan({ connections, to, settle: () => {}, nowMs: RECEIVED_AT });
  for (const body of queued)
    plan.add({ message: audienceOperationsMessage.parse(JSON.parse(body)), firstItem: 0 });
  for (const { writer, segment, kinds } of plan.jobs()) {
    for (const [contextKind, members] of kinds) {
      const ready = await writer.ready({ segment, contextKind, members: [...members.values()] });
      if (ready.kind !== "ready") throw new Error("the writer has no token");
      await ready.send();
    }
  }
  return sent;
}
