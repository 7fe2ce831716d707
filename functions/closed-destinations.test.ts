import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectionsFile } from "../lib/connections/schema.ts";
import type { ClosedBatch } from "../lib/delivery/closed-batch.ts";
import type { QueuedRecord } from "../lib/delivery/copied-record.ts";
import type { RecordOutcome } from "../lib/delivery/settle.ts";
import { SPLIT_REFILL_MS, SPLIT_REQUESTS } from "../lib/delivery/split-budget.ts";
import { unlimited } from "../lib/delivery/time-budget.ts";
import { LOOK_MS } from "../lib/http/breaker.ts";
import { openHttpSession } from "../lib/http/session.ts";
import { HOLD_RULES } from "../test/support/hold-rules.ts";
import { countedLedger } from "../test/support/memory-ledger.ts";
import { type ScriptedAnswer, type ScriptedServer, scriptedServer } from "../test/support/scripted-server.ts";
import { audienceBatcher } from "./audience-batcher/flush.ts";
import { metricForwarder } from "./metric-forwarder/forward.ts";
import { posthogForwarder } from "./posthog-forwarder/forward.ts";
import type { Invocation } from "./settle-records.ts";

const startMs = 1_800_000_000_000;
/** Long enough for a server of this machine, so that what is silent is silent on purpose. */
const TIMEOUT_MS = 1_000;
const ignore = (): void => undefined;
const log = { info: ignore, warn: ignore, error: ignore };

/** What the server answers, the secret holds and the clock shows at the moment, and what was asked for so far. */
type World = {
  answer: (token: string, path: string) => ScriptedAnswer;
  token: string;
  nowMs: number;
  readonly counts: { holds: number; reads: number; parsed: number };
};

let server: ScriptedServer;
let world: World;
beforeEach(async () => {
  world = { answer: taken, token: "old", nowMs: startMs, counts: { holds: 0, reads: 0, parsed: 0 } };
  server = await scriptedServer(({ line, headers, body }) =>
    world.answer(tokenOf(headers.authorization, body), line),
  );
});
afterEach(() => server.close());

const taken = (): ScriptedAnswer => ({ status: 202 });
const silence = (): ScriptedAnswer => "never";
const refuses =
  (revoked: string) =>
  (token: string): ScriptedAnswer => ({ status: token === revoked ? 401 : 202 });

/** PostHog's key stands in the body. */
function tokenOf(authorization: string | undefined, body: unknown): string {
  if (authorization !== undefined) return authorization;
  return typeof body === "object" && body && "api_key" in body ? String(body.api_key) : "";
}

type Work = (
  records: readonly QueuedRecord[],
  invocation: Pick<Invocation, "destination" | "http" | "budget">,
) => Promise<readonly RecordOutcome[] | ClosedBatch>;

/** Work of one function for the destination `production`, and a message of which it makes a request of its own. */
type Consumer = {
  readonly open: () => Work;
  readonly message: (number: number) => object;
  /** One whose request has many items, where the other has one. */
  readonly large?: (number: number) => object;
};

const secrets = <Value>(value: () => Value) => ({
  readSecrets: async () => new Map([["destination", { kind: "usable" as const, value: value() }]]),
  onProblem: ignore,
});
const now = (): number => world.nowMs;
const random = (): number => 0;

function connections() {
  const { url } = server;
  const environment = { project: "web", environment: "production", instance: { api: url, events: url } };
  return connectionsFile.parse({
    launchdarkly: { production: { clientSideId: "prod", secret: "destination", ...environment } },
    posthog: { production: { host: url, projectId: "1", secret: "destination" } },
    connections: {
      audiences: { source: "flagbridge", secret: "own", audiences: { to: ["production"] } },
      metrics: { source: "flagbridge", secret: "own", metrics: { to: ["production"], route: "import" } },
      flags: { source: "launchdarkly", secret: "own", posthog: { to: ["production"], annotations: true } },
    },
  });
}

const audiences: Consumer = {
  open: () => {
    return audienceBatcher({
      connections: connections(),
      secrets: secrets(() => ({ accessToken: world.token })),
      ledger: countedLedger(world.counts),
      clock: { now, sleep: async () => undefined, random },
      rules: { ...HOLD_RULES, requestTimeoutMs: TIMEOUT_MS },
      userAgent: "Flagbridge/test",
      log,
    });
  },
  message: (number) => ({
    kind: "audience.operations",
    connection: "audiences",
    segments: [{ id: `s${number}`, name: `S${number}`, kind: "user" }],
    operations: [{ segment: 0, key: "ana", action: "add", at: startMs, index: 0, id: `o${number}` }],
  }),
  large: (number) => ({
    kind: "audience.operations",
    connection: "audiences",
    segments: [{ id: `s${number}`, name: `S${number}`, kind: "user" }],
    operations: Array.from({ length: 50 }, (_, index) => ({
      ...{ segment: 0, key: `ana-${index}`, action: "add", at: startMs, index, id: `o${number} ${index}` },
    })),
  }),
};

const metrics: Consumer = {
  open: () =>
    metricForwarder({
      connections: connections(),
      secrets: secrets(() => ({ accessToken: world.token })),
      now,
      random,
      timeoutMs: TIMEOUT_MS,
      version: "1.2.3",
      log,
    }),
  message: (number) => ({
    kind: "metric.events",
    connection: "metrics",
    // So many are a request of their own.
    events: Array.from({ length: 50 }, (_, index) => ({
      ...{ type: "custom", key: "bought", contextKeys: { user: "ana" }, at: startMs },
      ...{ index, id: `${number} ${index}` },
    })),
  }),
};

const flagChanges: Consumer = {
  open: () =>
    posthogForwarder({
      connections: connections(),
      secrets: secrets(() => ({ projectApiKey: world.token, personalApiKey: "phx_personal" })),
      send: async ({ bodies }) => bodies.map(() => ({ kind: "confirmed" as const })),
      now,
      random,
      timeoutMs: TIMEOUT_MS,
      version: "1.2.3",
      log,
    }),
  message: (number) => ({
    kind: "flag.change",
    connection: "flags",
    changes: Array.from({ length: 500 }, (_, index) => change(`${number} ${index}`, index)),
  }),
};

function change(id: string, index: number) {
  return {
    ...{ id, entryId: id, accountId: "", at: startMs, index, kind: "flag", name: "Demo", title: id },
    ...{ titleVerb: "", description: "", comment: "", tags: [], site: "", accesses: [] },
  };
}

/** A process of a function. Invocations in it have a session each, as they do in Lambda. */
function processOf({ open, message }: Consumer) {
  const work = open();
  let sent = 0;
  const record = (body: object): QueuedRecord => ({
    messageId: String(sent),
    receiptHandle: String(sent),
    attributes: {
      ApproximateReceiveCount: "1",
      ApproximateFirstReceiveTimestamp: String(world.nowMs),
      SentTimestamp: String(world.nowMs),
    },
    get body() {
      world.counts.parsed += 1;
      return JSON.stringify({ v: 1, acceptedAt: world.nowMs, ...body });
    },
  });
  const deliver = async (...bodies: readonly object[]) => {
    const http = openHttpSession();
    const invocation = { destination: "production", http, budget: unlimited };
    const result = await work(bodies.map(record), invocation);
    http.close();
    const closed = "closed" in result ? result : { closed: undefined, putBack: [], outcomes: result };
    return { ...closed, fates: closed.outcomes.flatMap(({ fates }) => fates) };
  };
  const invoke = (messages: number) => {
    const bodies = Array.from({ length: messages }, () => {
      sent += 1;
      return message(sent);
    });
    return deliver(...bodies);
  };
  return { invoke, deliver };
}

const delivered = (fates: readonly { readonly kind: string }[]): number =>
  fates.filter(({ kind }) => kind === "delivered").length;

describe.each([
  ["audience-batcher", audiences],
  ["metric-forwarder", metrics],
  ["posthog-forwarder", flagChanges],
])("%s", (_name, consumer) => {
  test("asks with a revoked token once, in a new process too, and says in its batch's line that it is closed", async () => {
    world.answer = refuses("old");
    const { fates, closed } = await processOf(consumer).invoke(12);
    expect(server.received).toHaveLength(1);
    expect(closed).toMatchObject({ why: "credential-refused" });
    expect(delivered(fates)).toBe(0);
    await processOf(consumer).invoke(12);
    expect(server.received).toHaveLength(2);
  });

  test("asks nothing, reads no entry and parses no message while the token is the revoked one", async () => {
    world.answer = refuses("old");
    const { invoke } = processOf(consumer);
    await invoke(1);
    const before = { ...world.counts };
    for (let minute = 0; minute < 10; minute += 1) {
      world.nowMs += 60_000;
      expect(await invoke(5)).toMatchObject({ closed: { why: "credential-refused" }, outcomes: [] });
    }
    expect(server.received).toHaveLength(1);
    expect(world.counts).toEqual(before);
  });

  test("goes on with the token that took the place of a revoked one", async () => {
    world.answer = refuses("old");
    const { invoke } = processOf(consumer);
    await invoke(1);
    world.token = "new";
    world.nowMs += LOOK_MS;
    const { fates, closed } = await invoke(12);
    expect({ delivered: delivered(fates), closed }).toEqual({ delivered: fates.length, closed: undefined });
  });

  test("delivers all of its first batch to a healthy destination, none of it put back", async () => {
    const { fates, closed } = await processOf(consumer).invoke(12);
    expect({ delivered: delivered(fates), closed }).toEqual({ delivered: fates.length, closed: undefined });
    expect(server.received).toHaveLength(12);
  });

  test("asks a silent destination with one request at a time until one is answered", async () => {
    const { invoke } = processOf(consumer);
    await invoke(1);
    world.answer = silence;
    await invoke(1);
    const asked = server.received.length;
    expect(await invoke(5)).toMatchObject({ closed: { why: "destination-silent" }, outcomes: [] });
    expect(server.received).toHaveLength(asked);
    world.nowMs += 120_000;
    world.answer = taken;
    const { fates, closed } = await invoke(5);
    expect(delivered(fates)).toBeGreaterThan(0);
    expect(closed).toBeUndefined();
    const rest = await invoke(5);
    expect(delivered(rest.fates)).toBe(rest.fates.length);
  });

  test("searches refused requests no faster than time allows, in however many batches they come", async () => {
    world.answer = () => ({ status: 400 });
    const { large = consumer.message } = consumer;
    const { deliver } = processOf(consumer);
    const searchRequestsIn = async (batches: number): Promise<number> => {
      const before = server.received.length;
      for (let batch = 0; batch < batches; batch += 1) await deliver(large(before + batch));
      return server.received.length - before - batches;
    };
    const atOnce = await searchRequestsIn(10);
    expect(atOnce).toBeGreaterThan(0);
    expect(atOnce).toBeLessThanOrEqual(SPLIT_REQUESTS);
    expect(await searchRequestsIn(10)).toBe(0);
    world.nowMs += SPLIT_REFILL_MS;
    const later = await searchRequestsIn(10);
    expect(later).toBeGreaterThan(0);
    expect(later).toBeLessThanOrEqual(SPLIT_REQUESTS);
  });
});

describe("annotations", () => {
  const asked = (id: string) => ({ kind: "flag.annotation", connection: "flags", changes: [change(id, 0)] });

  test("that PostHog refuses hold up no event", async () => {
    world.answer = (_token, line) => ({ status: line.includes("/annotations/") ? 401 : 200 });
    const { deliver, invoke } = processOf(flagChanges);
    await deliver(asked("a"));
    const { fates, closed } = await invoke(1);
    expect({ delivered: delivered(fates), closed }).toEqual({ delivered: fates.length, closed: undefined });
    await deliver(asked("b"));
    expect(server.received.filter(({ line }) => line.includes("/annotations/"))).toHaveLength(1);
  });

  test("wait while their project takes no events", async () => {
    world.answer = refuses("old");
    const { deliver, invoke } = processOf(flagChanges);
    await invoke(1);
    expect(await deliver(asked("a"))).toMatchObject({ putBack: [{}], outcomes: [] });
    expect(server.received).toHaveLength(1);
  });
});
