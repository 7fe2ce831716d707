import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import type { SendParcel } from "../../lib/connections/queues.ts";
import type { QueueOutcome } from "../../lib/delivery/settle-queues.ts";
import { compareVersions } from "../../lib/messages/version.ts";
import { REMEMBERED_MS, TAKEN_MS } from "../../lib/replays/replays.ts";
import { ingestInMemory, RECEIVED_AT, usable } from "../../test/support/ingest-request.ts";
import { memoryReplays } from "../../test/support/memory-replays.ts";
import {
  launchdarklySignature,
  SIGNING_SECRET,
  segmentSignature,
  standardHeaders,
} from "../../test/support/signed-request.ts";

const track = (extra: object = {}) => ({
  type: "track",
  messageId: "message-1",
  timestamp: "2026-05-03T11:59:59.000Z",
  userId: "ana",
  event: "Order Completed",
  properties: { revenue: 12.5 },
  ...extra,
});

type Request = { readonly path: string; readonly headers: Record<string, string>; readonly body: string };

const segment = (event: object): Request => {
  const body = JSON.stringify(event);
  return { path: "/c/engage", headers: { "x-signature": segmentSignature(body) }, body };
};

const operations = (action: "add" | "remove") =>
  JSON.stringify({ audienceOperations: [{ segment: { id: "beta" }, contextKey: "ana", action }] });

const standard = (body: string, id: string, signedAtMs = RECEIVED_AT): Request => ({
  path: "/c/own",
  headers: { ...standardHeaders(body, { id, signedAtMs }) },
  body,
});

/** Ingest with a connection of each source that signs, and a clock that the test moves. */
function started(options: { send?: SendParcel } = {}) {
  const both = { audiences: { to: ["production"] }, metrics: { to: ["production"] } };
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: {
      engage: { source: "segment", secret: "engage-secret", ...both },
      partly: { source: "segment", secret: "partly-secret", allowPartlySignedBatches: true, ...both },
      own: { source: "flagbridge", secret: "own-secret", ...both },
      changes: { source: "launchdarkly", secret: "changes-secret", posthog: { to: ["main"] } },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  let nowMs = RECEIVED_AT;
  let asked = 0;
  const memory = memoryReplays();
  const failing = new Set<"take" | "finish">();
  const unavailable = { kind: "unavailable", code: "ThrottlingException" } as const;
  const ingest = ingestInMemory({
    ...options,
    connections: checked.connections,
    secrets: Object.fromEntries(
      Object.values(checked.connections.connections).map(({ secret, source }) => [
        secret,
        usable({ signingSecrets: [SIGNING_SECRET], ...(source === "flagbridge" && { tokens: ["token"] }) }),
      ]),
    ),
    receivedAtMs: () => nowMs,
    replays: {
      take: async (...given) => {
        asked += 1;
        return failing.has("take") ? unavailable : memory.take(...given);
      },
      finish: async (...given) => (failing.has("finish") ? unavailable : memory.finish(...given)),
      release: memory.release,
    },
  });
  return {
    ...ingest,
    pass: (ms: number) => {
      nowMs += ms;
    },
    failing,
    asked: () => asked,
  };
}

describe("a signed request that comes again", () => {
  test.each<[string, Request]>([
    ["of Standard Webhooks", standard(operations("add"), "msg_1")],
    ["of Segment", segment(track())],
  ])("%s is answered as it was, and queues nothing", async (_name, request) => {
    const { call, pass, operations: queued, events } = started();
    const first = await call(request);
    pass(299_000);
    const second = await call(request);
    expect(first.record).toMatchObject({ status: 200, accepted: 1, messages: 1 });
    expect(first.record).not.toHaveProperty("repeated");
    expect(second.text).toBe(first.text);
    expect(second.record).toMatchObject({ status: 200, accepted: 1, messages: 0, repeated: true });
    expect(queued().length + events().length).toBe(1);
  });

  test("is no newer than a removal that was signed in the same second", async () => {
    const { call, pass, operations: queued } = started();
    const add = standard(operations("add"), "msg_1");
    await call(add);
    pass(100);
    await call(standard(operations("remove"), "msg_2"));
    pass(100);
    await call(add);
    const [newest] = queued().sort((a, b) => compareVersions(b.version, a.version));
    expect(newest?.action).toBe("remove");
  });

  test("signed anew by its sender, under the id of its message, is a repetition too", async () => {
    const { call, pass, operations: queued } = started();
    await call(standard(operations("add"), "msg_1"));
    pass(3_600_000);
    const answer = await call(standard(operations("add"), "msg_1", RECEIVED_AT + 3_600_000));
    expect(answer.record).toMatchObject({ status: 200, repeated: true });
    expect(queued()).toHaveLength(1);
  });

  test.each<[string, (request: Request) => Request]>([
    [
      "its signature in capitals",
      ({ headers, ...rest }) => ({
        ...rest,
        headers: { "x-signature": (headers["x-signature"] ?? "").toUpperCase() },
      }),
    ],
    [
      "its signature in the other header",
      ({ headers, ...rest }) => ({
        ...rest,
        headers: { "x-segment-signature": headers["x-signature"] ?? "" },
      }),
    ],
    ["its body as a list", ({ body, ...rest }) => ({ ...rest, body: `[${body}]` })],
    ["its body in another layout", ({ body, ...rest }) => ({ ...rest, body: body.replace(":", ": ") })],
  ])("is known with %s", async (_name, disguised) => {
    const { call, events } = started();
    await call(segment(track()));
    const answer = await call(disguised(segment(track())));
    expect(answer.record).toMatchObject({ status: 200, repeated: true });
    expect(events()).toHaveLength(1);
  });

  test("is remembered for 8 days, with a signature that has no time in it", async () => {
    const { call, pass, events } = started();
    await call(segment(track()));
    pass(REMEMBERED_MS - 1);
    await call(segment(track()));
    expect(events()).toHaveLength(1);
    pass(1);
    await call(segment(track()));
    expect(events()).toHaveLength(2);
  });

  test("later than that changes no membership, as its operation has a time of its own", async () => {
    const { call, pass, operations: queued } = started();
    const change = (entered: boolean, timestamp: string) =>
      segment({
        type: "identify",
        messageId: timestamp,
        userId: "ana",
        timestamp,
        traits: { vip: entered },
        context: {
          personas: { computation_class: "audience", computation_key: "vip", computation_id: "a" },
        },
      });
    const add = change(true, "2026-05-03T11:59:00.000Z");
    await call(add);
    await call(change(false, "2026-05-03T11:59:00.001Z"));
    pass(REMEMBERED_MS);
    await call(add);
    expect(queued()).toHaveLength(3);
    const [newest] = queued().sort((a, b) => compareVersions(b.version, a.version));
    expect(newest?.action).toBe("remove");
  });
});

describe("what is no repetition is taken:", () => {
  test("another body under the id of a message", async () => {
    const { call, operations: queued } = started();
    await call(standard(operations("add"), "msg_1"));
    await call(standard(operations("remove"), "msg_1"));
    expect(queued().map(({ action }) => action)).toEqual(["add", "remove"]);
  });

  test("the same body under another id", async () => {
    const { call, operations: queued } = started();
    for (const id of ["msg_1", "msg_2"]) await call(standard(operations("add"), id));
    expect(queued()).toHaveLength(2);
  });

  test("an event of Segment's without an id and a time, which a user may do twice", async () => {
    const { call, events, asked } = started();
    const request = segment(track({ messageId: undefined, timestamp: undefined }));
    for (let times = 0; times < 2; times += 1) expect((await call(request)).status).toBe(200);
    expect({ events: events().length, asked: asked() }).toEqual({ events: 2, asked: 0 });
  });

  test("a batch whose first event alone is signed, with other events behind it", async () => {
    const { call, events } = started();
    const signature = { "x-signature": segmentSignature(JSON.stringify(track())) };
    const batch = (...ids: string[]) => ({
      path: "/c/partly",
      headers: signature,
      body: JSON.stringify([track(), ...ids.map((messageId) => track({ messageId }))]),
    });
    const answers = [];
    for (const request of [batch("2"), batch("2", "3"), batch("2")])
      answers.push((await call(request)).record.repeated ?? false);
    expect(answers).toEqual([false, false, true]);
    expect(events()).toHaveLength(5);
  });

  test("what a token proves, as whoever has recorded it has the token", async () => {
    const { call, operations: queued, asked } = started();
    const request = { path: "/c/own", headers: { authorization: "token" }, body: operations("add") };
    for (let times = 0; times < 2; times += 1) await call(request);
    expect({ queued: queued().length, asked: asked() }).toEqual({ queued: 2, asked: 0 });
  });
});

test("a flag change that comes again is queued again, under the id that PostHog knows it by", async () => {
  const { call, changes, asked } = started();
  const entry = { _id: "entry-1", date: RECEIVED_AT, kind: "flag", accesses: [], name: "Flag" };
  const body = JSON.stringify(entry);
  const request = { path: "/c/changes", headers: { "x-ld-signature": launchdarklySignature(body) }, body };
  for (let times = 0; times < 2; times += 1) expect((await call(request)).status).toBe(200);
  expect(changes().map(({ id, at }) => ({ id, at }))).toEqual(
    Array(2).fill({ id: "entry-1", at: RECEIVED_AT }),
  );
  expect(asked()).toBe(0);
});

test("a request that queues nothing is not remembered, and costs nothing", async () => {
  const { call, asked } = started();
  await call(standard(JSON.stringify({ audienceOperations: [] }), "msg_1"));
  expect(asked()).toBe(0);
});

describe("nothing is lost:", () => {
  const request = standard(operations("add"), "msg_1");
  const confirmed = async (bodies: readonly string[]) =>
    bodies.map(() => ({ kind: "confirmed" }) as const satisfies QueueOutcome);

  test.each<[string, () => Promise<readonly QueueOutcome[]>]>([
    ["did not take", async () => [{ kind: "failed", code: "InternalError" }]],
    ["did not answer for", () => Promise.reject(new Error("socket hang up"))],
  ])("what the queue %s is taken when it is sent again", async (_name, fail) => {
    let isFirst = true;
    const sent: string[] = [];
    const { call } = started({
      send: async ({ bodies }) => {
        if (isFirst) {
          isFirst = false;
          return fail();
        }
        sent.push(...bodies);
        return confirmed(bodies);
      },
    });
    await call(request).then(
      ({ status }) => expect(status).toBe(503),
      (error: unknown) => expect(error).toBeInstanceOf(Error),
    );
    expect((await call(request)).record).toMatchObject({ status: 200, messages: 1 });
    expect(sent).toHaveLength(1);
  });

  test("what is being queued is refused for as long, and taken again when its invocation has died", async () => {
    let isFirst = true;
    const { call, pass } = started({
      send: ({ bodies }) => {
        if (!isFirst) return confirmed(bodies);
        isFirst = false;
        return new Promise(() => {});
      },
    });
    void call(request);
    // The first has reached the queue when the timers have had their turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const meanwhile = await call(request);
    expect(meanwhile).toMatchObject({ status: 503, json: { code: "request_in_flight" } });
    expect(meanwhile.headers["retry-after"]).toBe("11");
    pass(TAKEN_MS);
    expect((await call(request)).record).toMatchObject({ status: 200, messages: 1 });
    expect((await call(request)).record).toMatchObject({ status: 200, repeated: true });
  });

  test("without an answer of the memory a signed request is refused, and others are taken", async () => {
    const { call, failing, operations: queued } = started();
    failing.add("take");
    const refused = await call(request);
    expect(refused).toMatchObject({ status: 503, json: { code: "replay_memory_unavailable" } });
    expect(refused.headers["retry-after"]).toBe("5");
    expect(refused.record.causes).toEqual(["ThrottlingException"]);
    expect(queued()).toEqual([]);
    const proven = { path: "/c/own", headers: { authorization: "token" }, body: operations("add") };
    expect((await call(proven)).status).toBe(200);
    failing.clear();
    expect((await call(request)).record).toMatchObject({ status: 200, messages: 1 });
  });

  test("what is queued is answered as taken, also when that cannot be remembered", async () => {
    const { call, failing, pass } = started();
    failing.add("finish");
    const answer = await call(request);
    expect(answer.record).toMatchObject({
      status: 200,
      messages: 1,
      causes: ["the memory of requests did not note that this one is queued: ThrottlingException"],
    });
    pass(TAKEN_MS - 1);
    expect((await call(request)).status).toBe(503);
  });
});

test("a request may be taken again only when its invocation cannot be running any more", () => {
  const page = readFileSync(join(import.meta.dirname, "function.yml"), "utf8");
  const timeoutMs = Number(/^ {2}timeout: (\d+)$/m.exec(page)?.[1]) * 1_000;
  expect(TAKEN_MS).toBeGreaterThanOrEqual(timeoutMs + 1_000);
});
