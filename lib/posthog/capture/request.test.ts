import type { ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ReceivedRequest, recordingServer } from "../../../test/support/recording-server.ts";
import { deliverLanes } from "../../delivery/deliver-lanes.ts";
import type { Fate } from "../../delivery/fate.ts";
import { startLane } from "../../delivery/lane.ts";
import { splitBudget } from "../../delivery/split-budget.ts";
import { unlimited } from "../../delivery/time-budget.ts";
import { limitOf, noLimits } from "../../http/rate-limit.ts";
import { openHttpSession } from "../../http/session.ts";
import { type Era, eventSender, REQUEST_LIMITS } from "./request.ts";

const nowMs = 1_800_000_000_000;

type Answer = (response: ServerResponse, request: ReceivedRequest, count: number) => void;
const status =
  (code: number, headers: Record<string, string> = {}, body = ""): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body);

async function senderTo(answer: Answer, { keys = ["phc_1"], era = "current" as Era } = {}) {
  const { url, received } = await recordingServer(answer);
  const http = openHttpSession();
  onTestFinished(() => http.close());
  const asked: (string | undefined)[] = [];
  const sender = eventSender(
    { host: url, era, timeoutMs: 300, version: "1.2.3" },
    {
      http,
      now: () => nowMs,
      projectKey: async (after) => {
        asked.push(after);
        const key = keys[after === undefined ? 0 : keys.length - 1];
        if (key === undefined) throw new Error("no secret");
        return key;
      },
      limit: limitOf(noLimits(), { account: "posthog" }),
    },
  );
  return { sender, received, asked };
}

const events = [
  { id: "a", json: '{"uuid":"a"}' },
  { id: "b", json: '{"uuid":"b"}' },
];

describe("a request with flag changes", () => {
  test("goes to /batch/ as gzip with the project's key, and says no time of sending", async () => {
    const { sender, received } = await senderTo(status(200, {}, '{"status":"Ok"}'));
    expect(await sender.send(events)).toBe("delivered");
    expect(received).toMatchObject([
      {
        line: "POST /batch/",
        headers: {
          "content-type": "application/json",
          "content-encoding": "gzip",
          "user-agent": "flagbridge/1.2.3",
        },
      },
    ]);
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({
      api_key: "phc_1",
      batch: [{ uuid: "a" }, { uuid: "b" }],
    });
  });

  test("of a backfill says so", async () => {
    const { sender, received } = await senderTo(status(200), { era: "historical" });
    await sender.send(events);
    expect(JSON.parse(received[0]?.body ?? "")).toMatchObject({ historical_migration: true });
  });

  test("that gets no answer comes again later, and then has the same uuids", async () => {
    const { sender, received } = await senderTo((response, _request, count) => {
      if (count > 1) response.writeHead(200).end();
    });
    expect(await sender.send(events)).toMatchObject({
      fate: { kind: "retry", reason: "no-answer", delay: { kind: "backoff" } },
    });
    expect(await sender.send(events)).toBe("delivered");
    expect(received[0]?.body).toBe(received[1]?.body);
  });

  test("is not sent when the secret cannot be read", async () => {
    const { sender, received } = await senderTo(status(200), { keys: [] });
    expect(await sender.send(events)).toMatchObject({
      fate: { reason: "secret-unreadable", delay: { kind: "configuration" } },
    });
    expect(received).toEqual([]);
  });
});

describe("PostHog's answer", () => {
  test.each<[number, object | string]>([
    [200, "delivered"],
    [204, "delivered"],
    [400, { kind: "refused", status: 400, reason: "refused-by-posthog" }],
    [413, { kind: "refused", status: 413 }],
    [301, { fate: { kind: "retry", reason: "posthog-301", delay: { kind: "configuration" } } }],
    [401, { fate: { kind: "retry", reason: "posthog-401", delay: { kind: "configuration" } } }],
    [403, { fate: { delay: { kind: "configuration" } } }],
    [404, { fate: { delay: { kind: "configuration" } } }],
    [422, { fate: { delay: { kind: "configuration" } } }],
    [408, { fate: { kind: "retry", reason: "posthog-408", delay: { kind: "backoff" } } }],
    [500, { fate: { kind: "retry", reason: "posthog-500", delay: { kind: "backoff" } } }],
    [503, { fate: { kind: "retry", reason: "posthog-503", delay: { kind: "backoff" } } }],
  ])("%i says what becomes of the events", async (code, expected) => {
    const { sender } = await senderTo(status(code));
    const outcome = await sender.send(events);
    if (typeof expected === "string") expect(outcome).toBe(expected);
    else expect(outcome).toMatchObject(expected);
  });

  test.each([
    [429, { "retry-after": "7" }, "rate-limited", 7_000],
    [429, {}, "rate-limited", 10_000],
    [503, { "retry-after": "30" }, "posthog-503", 30_000],
  ])("%i with %j closes the door, and nothing is sent until it opens", async (code, headers, reason, ms) => {
    const { sender, received } = await senderTo(status(code, { ...headers }));
    const delay = { kind: "backoff", notBeforeMs: nowMs + ms };
    expect(await sender.send(events)).toMatchObject({ fate: { reason, delay } });
    expect(await sender.send(events)).toMatchObject({ fate: { reason: "rate-limited", delay } });
    expect(received).toHaveLength(1);
  });

  test("401 to a key that has been rotated asks for another attempt, not for a person", async () => {
    const { sender, asked } = await senderTo(status(401), { keys: ["phc_1", "phc_2"] });
    expect(await sender.send(events)).toMatchObject({
      fate: { reason: "token-rotated", delay: { kind: "backoff" } },
    });
    expect(asked).toEqual([undefined, "phc_1"]);
  });
});

describe("a batch of which PostHog refuses", () => {
  const batch = Array.from({ length: 16 }, (_, item) => ({
    id: `${item}`,
    json: `{"uuid":"${item}"}`,
    item,
  }));
  const uuidsOf = ({ body }: ReceivedRequest): string[] =>
    JSON.parse(body).batch.map(({ uuid }: { readonly uuid: string }) => uuid);

  async function delivered(answer: Answer) {
    const { sender, received } = await senderTo(answer);
    const lane = startLane(sender, REQUEST_LIMITS);
    const add = lane.startMessage(batch.length, "one");
    for (const { id, json, item } of batch) add(id, json, item);
    const fates = new Map<number, Fate>();
    await deliverLanes([lane], {
      settle: (item, fate) => fates.set(item, fate),
      budget: unlimited,
      deliveryMs: 300,
      random: () => 0.5,
      splits: splitBudget(() => 0),
    });
    return { received, kinds: batch.map(({ item }) => fates.get(item)?.kind) };
  }

  test("one event with 400 is split: that one is dead and all others are delivered", async () => {
    const { kinds } = await delivered((response, request) =>
      response.writeHead(uuidsOf(request).includes("5") ? 400 : 200).end("event submitted with a bad uuid"),
    );
    expect(kinds).toEqual(batch.map(({ item }) => (item === 5 ? "dead" : "delivered")));
  });

  test("the size with 413 is halved until it fits", async () => {
    const { kinds, received } = await delivered((response, request) =>
      response.writeHead(uuidsOf(request).length > 4 ? 413 : 200).end(),
    );
    expect(kinds).toEqual(batch.map(() => "delivered"));
    expect(received.map((request) => uuidsOf(request).length)).toEqual([16, 8, 4, 4, 8, 4, 4]);
  });

  test("everything is at fault itself: nothing of it is dead", async () => {
    const { kinds } = await delivered(status(400));
    expect(kinds).toEqual(batch.map(() => "retry"));
  });
});
