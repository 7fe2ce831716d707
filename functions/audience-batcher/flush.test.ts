import type { SQSRecord } from "aws-lambda";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SegmentChange, WriteAnswer } from "../../lib/audience/segment-writer.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { noEvidence } from "../../lib/delivery/isolate.ts";
import { summaryOf } from "../../lib/delivery/record-batch.ts";
import { SPLIT_REQUESTS, splitBudget } from "../../lib/delivery/split-budget.ts";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import type { AudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import { HOLD_RULES } from "../../test/support/hold-rules.ts";
import { memoryLedger } from "../../test/support/memory-ledger.ts";
import { queuedRecord } from "../../test/support/queued-record.ts";
import { flush } from "./flush.ts";

const nowMs = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const environment = (clientSideId: string) => ({ clientSideId, secret: "launchdarkly" });
const connections = connectionsFile.parse({
  launchdarkly: { production: environment("prod"), staging: environment("stage") },
  connections: {
    one: { source: "flagbridge", secret: "one", audiences: { to: ["production"] } },
    both: { source: "flagbridge", secret: "both", audiences: { to: ["production", "staging"] } },
  },
});

type Operation = AudienceOperationsMessage["operations"][number];

function operation(key: string, at: number, action: Operation["action"] = "add"): Operation {
  return { segment: 0, key, action, at, index: 0, id: `${key}-${at}` };
}

function record(operations: readonly Operation[], rest: Partial<AudienceOperationsMessage> = {}): SQSRecord {
  const segments = [{ id: "beta", name: "Beta", kind: "user" }];
  return queuedRecord(
    JSON.stringify({
      v: 1,
      kind: "audience.operations",
      connection: "one",
      acceptedAt: nowMs,
      segments,
      operations,
      ...rest,
    }),
    { sentAtMs: nowMs },
  );
}

/** Flushes to an environment that answers as it is told, and remembers what it was sent. */
async function flushed(
  records: readonly SQSRecord[],
  options: {
    readonly ledger?: ReturnType<typeof memoryLedger>;
    readonly answer?: WriteAnswer | ((change: SegmentChange) => WriteAnswer);
    /** `production` by default. */
    readonly destination?: string;
  } = {},
) {
  const sent: (SegmentChange & { readonly environment: string })[] = [];
  const { answer = { kind: "applied" }, destination = "production" } = options;
  const outcomes = await flush(
    records,
    {
      ledger: options.ledger ?? memoryLedger(),
      clock: { now: () => nowMs, sleep: async () => undefined },
      budget: unlimited,
      random: () => 0,
      splits: splitBudget(() => nowMs),
      noteFault: (step, error) => {
        throw new Error(step, { cause: error });
      },
      connections,
      to: {
        destination,
        routeOf: () =>
          Object.hasOwn(connections.launchdarkly, destination)
            ? {
                environmentId: destination,
                segmentOf: (id) => id,
                writer: {
                  maxMembers: 1_000,
                  separatesActions: false,
                  evidence: noEvidence(),
                  closedUntilMs: () => undefined,
                  ready: async (change) => ({
                    kind: "ready",
                    send: async () => {
                      sent.push({ ...change, environment: destination });
                      return typeof answer === "function" ? answer(change) : answer;
                    },
                  }),
                },
              }
            : undefined,
      },
    },
    HOLD_RULES,
  );
  return { outcomes, sent, fates: outcomes.map(({ fates }) => fates.map((fate) => fate.kind)) };
}

describe("a batch of records", () => {
  test("sends the newest operation of each member once, whichever message it is in", async () => {
    const { sent, fates } = await flushed([
      record([operation("ana", 1), operation("bob", 5)]),
      record([operation("ana", 2, "remove"), operation("bob", 4, "remove")]),
      record([operation("ana", 2, "remove")]),
    ]);
    expect(
      sent.map(({ members }) => members.map(({ contextKey, action }) => `${action} ${contextKey}`)),
    ).toEqual([["remove ana", "add bob"]]);
    expect(fates.flat()).toEqual(Array(5).fill("delivered"));
  });

  test("names the segment as its newest operation does", async () => {
    const renamed = [{ id: "beta", name: "Beta 2", kind: "user" }];
    const { sent } = await flushed([
      record([operation("ana", 2)], { segments: renamed }),
      record([operation("bob", 1)]),
    ]);
    expect(sent.map(({ segment }) => segment)).toEqual([{ id: "beta", name: "Beta 2" }]);
  });

  test("sends context kinds apart, because a request has one", async () => {
    const device = [{ id: "beta", name: "Beta", kind: "device" }];
    const { sent } = await flushed([
      record([operation("ana", 1)]),
      record([operation("ana", 1)], { segments: device }),
    ]);
    expect(sent.map(({ contextKind }) => contextKind)).toEqual(["user", "device"]);
  });

  test("keeps what fills no request for the next batch, if it is as large as Lambda makes them", async () => {
    const records = (count: number) =>
      Array.from({ length: count }, (_, message) =>
        record(
          Array.from({ length: 230 }, (__, index) =>
            operation(`${"x".repeat(165)}-${message * 230 + index}`, 1),
          ),
        ),
      );
    const full = await flushed(records(56));
    expect(full.sent.map(({ members }) => members.length)).toEqual(Array(12).fill(1_000));
    expect(summaryOf(full.outcomes)).toMatchObject({
      applied: 12_000,
      waiting: { "waiting-for-a-full-request": 880 },
      retried: {},
    });
    const smaller = await flushed(records(54));
    expect(smaller.sent.map(({ members }) => members.length)).toEqual([...Array(12).fill(1_000), 420]);
  });

  test("fills its requests although much of what it reads needs none", async () => {
    const ledger = memoryLedger();
    const members = Array.from({ length: 5_000 }, (_, index) => operation(`member-${index}`, 1));
    await flushed([record(members.filter((_, index) => index % 2 === 0))], { ledger });
    const { sent } = await flushed([record(members)], { ledger });
    expect(sent.map(({ members: some }) => some.length)).toEqual([1_000, 1_000, 500]);
  });

  test.each(["production", "staging"])(
    "goes to the environment that its queue is for, %s",
    async (destination) => {
      const message = record([operation("ana", 1)], { connection: "both" });
      const { sent, fates } = await flushed([message], { destination });
      expect(sent.map((change) => change.environment)).toEqual([destination]);
      expect(fates).toEqual([["delivered"]]);
    },
  );

  test("still goes to an environment that its connection has left meanwhile: it was accepted for it", async () => {
    const { sent, fates } = await flushed([record([operation("ana", 1)])], { destination: "staging" });
    expect(sent.map((one) => one.environment)).toEqual(["staging"]);
    expect(fates).toEqual([["delivered"]]);
  });

  test("is dead where its environment is gone, and says what to do", async () => {
    const { outcomes, sent } = await flushed([record([operation("ana", 1)])], { destination: "gone" });
    expect(sent).toEqual([]);
    expect(outcomes[0]?.fates).toMatchObject([
      { kind: "dead", reason: "unknown-destination", cause: expect.stringContaining('"gone"') },
    ]);
  });
});

describe("what cannot be delivered", () => {
  const refused: WriteAnswer = {
    kind: "refused",
    status: 400,
    reason: "refused-by-launchdarkly",
    cause: "odd",
  };

  test("keeps its place, so that its copy holds exactly what is dead", async () => {
    const ledger = memoryLedger();
    await flushed([record([operation("ana", 1)])], { ledger });
    const { outcomes, fates } = await flushed([record([operation("ana", 1), operation("bob", 1)])], {
      ledger,
      answer: refused,
    });
    expect(fates).toEqual([["delivered", "dead"]]);
    expect(JSON.parse(outcomes[0]?.bodyOf([1]) ?? "")).toEqual(
      JSON.parse(record([operation("bob", 1)]).body),
    );
  });

  describe("among much that can be", () => {
    const members = (name: string, count: number, at = 1) =>
      Array.from({ length: count }, (_, number) => operation(`${name}-${number}`, at));
    const isBad = (key: string): boolean => /^noisy.*[02468]$/.test(key);
    const refuseBad = ({ members: all }: SegmentChange): WriteAnswer =>
      all.some(({ contextKey }) => isBad(contextKey)) ? refused : { kind: "applied" };
    const inSegment = (id: string) => ({ segments: [{ id, name: id, kind: "user" }] });
    const batch = [
      record(members("noisy", 1_000), inSegment("noisy")),
      record(members("noisy", 1_000), inSegment("noisy-2")),
      ...Array.from({ length: 12 }, (_, number) =>
        record([operation(`ana-${number}`, 1)], { connection: "both", ...inSegment(`quiet-${number}`) }),
      ),
    ];

    test("is searched after every other segment has had its requests, with one budget for all of it", async () => {
      const { sent, outcomes } = await flushed(batch, { answer: refuseBad });
      const firstSplit = sent.findIndex(({ members: all }) => all.length === 500);
      expect(
        sent
          .slice(0, firstSplit)
          .map(({ segment }) => segment.id)
          .sort(),
      ).toEqual(["noisy", "noisy-2", ...Array.from({ length: 12 }, (_, number) => `quiet-${number}`)].sort());
      expect(sent).toHaveLength(14 + SPLIT_REQUESTS);
      const rest = outcomes.slice(0, 2).flatMap(({ fates }) => fates);
      for (const fate of rest)
        if (fate.kind === "retry")
          expect(fate).toMatchObject({ reason: "isolating-refused-members", delay: { kind: "backoff" } });
      expect(rest.filter(({ kind }) => kind === "dead").length).toBeGreaterThan(0);
      expect(rest.filter(({ kind }) => kind === "delivered").length).toBeGreaterThan(0);
      expect(outcomes.slice(2).flatMap(({ fates }) => fates.map(({ kind }) => kind))).toEqual(
        Array(12).fill("delivered"),
      );
    });

    test("is found all in the end, dead with LaunchDarkly's answer, and its neighbours are delivered", async () => {
      const ledger = memoryLedger();
      let open = members("noisy", 60);
      const ends = new Map<string, string>();
      for (let receive = 0; open.length > 0 && receive < 20; receive += 1) {
        const { outcomes } = await flushed([record(open)], { ledger, answer: refuseBad });
        const fates = outcomes[0]?.fates ?? [];
        fates.forEach((fate, item) => {
          if (fate.kind === "dead") expect(fate).toMatchObject({ cause: "odd", status: 400 });
          if (fate.kind !== "retry") ends.set(open[item]?.key ?? "", fate.kind);
        });
        open = open.filter((_, item) => fates[item]?.kind === "retry");
      }
      expect(open).toEqual([]);
      for (const [key, end] of ends) expect([key, end]).toEqual([key, isBad(key) ? "dead" : "delivered"]);
      expect(ends.size).toBe(60);
    });
  });

  test("of a connection that is gone waits for whoever took it away", async () => {
    const { outcomes } = await flushed([record([operation("ana", 1)], { connection: "constructor" })]);
    expect(outcomes[0]?.fates).toMatchObject([
      { kind: "retry", reason: "unknown-connection", delay: { kind: "configuration" } },
    ]);
  });

  test("is dead after twelve days in the queue, with its last reason", async () => {
    const message = record([operation("ana", 1)]);
    message.attributes.SentTimestamp = String(nowMs - 13 * DAY_MS);
    const { outcomes } = await flushed([message], {
      answer: { kind: "misconfigured", reason: "launchdarkly-401" },
    });
    expect(outcomes[0]?.fates).toMatchObject([
      { kind: "dead", reason: "undeliverable", cause: expect.stringContaining("launchdarkly-401") },
    ]);
  });

  test("has its full time after a person has moved it back, whatever it fails of", async () => {
    const message = record([operation("ana", 1)], { acceptedAt: nowMs - 13 * DAY_MS });
    const { fates } = await flushed([message], { answer: { kind: "failed", status: 503 } });
    expect(fates).toEqual([["retry"]]);
  });

  test("is dead unsent after 45 days, because the ledger may have forgotten what came after it", async () => {
    const { outcomes, sent } = await flushed([
      record([operation("ana", 1)], { acceptedAt: nowMs - 46 * DAY_MS }),
    ]);
    expect(outcomes[0]?.fates).toMatchObject([{ kind: "dead", reason: "too-old" }]);
    expect(sent).toEqual([]);
  });
});

describe("a message that Flagbridge did not write", () => {
  test.each<[string, string]>([
    ["no JSON", "{"],
    ["another kind", '{"v":1,"kind":"metric.events"}'],
    ["a newer version", JSON.stringify({ ...JSON.parse(record([operation("ana", 1)]).body), v: 2 })],
    ["an operation of no segment", record([{ ...operation("ana", 1), segment: 3 }]).body],
  ])("%s is dead as it is, and its neighbours are delivered", async (_, body) => {
    const { outcomes, fates } = await flushed([
      queuedRecord(body, { sentAtMs: nowMs }),
      record([operation("bob", 1)]),
    ]);
    expect(outcomes[0]?.fates).toMatchObject([{ kind: "dead", reason: "invalid-message" }]);
    expect(outcomes[0]?.bodyOf([0])).toBe(body);
    expect(fates[1]).toEqual(["delivered"]);
  });

  test.each<[string, Partial<Operation>, object]>([
    ["a key with half of a surrogate pair", { key: "eve\ud800" }, {}],
    ["a key longer than any", { key: "e".repeat(2_049) }, {}],
    ["an id with half of a surrogate pair", { id: "\udc00" }, {}],
    ["a segment's id with half of a surrogate pair", {}, { id: "beta\ud800" }],
    ["a segment's name with half of a surrogate pair", {}, { name: "Beta\ud800" }],
    ["a context kind that LaunchDarkly does not take", {}, { kind: "k".repeat(3_000) }],
  ])("has %s in one operation, which is dead alone", async (_, part, segment) => {
    const segments = [{ id: "beta", name: "Beta", kind: "user" }];
    const hostile = { ...operation("eve", 1), ...part, segment: 1 };
    const { outcomes, sent } = await flushed([
      record([operation("ana", 1), hostile], {
        segments: [...segments, { id: "beta", name: "Beta", kind: "user", ...segment }],
      }),
      record([operation("bob", 1)]),
    ]);
    expect(outcomes.map(({ fates }) => fates)).toMatchObject([
      [{ kind: "delivered" }, { kind: "dead", reason: "invalid-message" }],
      [{ kind: "delivered" }],
    ]);
    expect(sent.map(({ members }) => members.map(({ contextKey }) => contextKey))).toEqual([["ana", "bob"]]);
  });

  test("never stops a batch, whatever it holds, and no value of it is in the reason", async () => {
    const almost = fc.record(
      {
        v: fc.constantFrom(1, 2),
        kind: fc.constant("audience.operations"),
        connection: fc.jsonValue(),
        acceptedAt: fc.jsonValue(),
        segments: fc.jsonValue(),
        operations: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      almost.map((value) => JSON.stringify(value)),
      fc.constant("secret-member-key"),
    );
    await fc.assert(
      fc.asyncProperty(body, async (arbitrary) => {
        const { outcomes, fates } = await flushed([
          queuedRecord(arbitrary, { sentAtMs: nowMs }),
          record([operation("bob", 1)]),
        ]);
        expect(fates[1]).toEqual(["delivered"]);
        expect(JSON.stringify(outcomes[0]?.fates)).not.toContain("secret-member-key");
      }),
      { numRuns: 500 },
    );
  });
});

test("the summary counts every operation once, by what became of it", async () => {
  const ledger = memoryLedger();
  await flushed([record([operation("ana", 1)])], { ledger });
  const { outcomes } = await flushed(
    [
      record([operation("ana", 1), operation("bob", 1)]),
      queuedRecord("{", { sentAtMs: nowMs }),
      record([operation("eve", 1)], { connection: "gone" }),
    ],
    { ledger },
  );
  expect(summaryOf(outcomes)).toEqual({
    messages: 3,
    items: 4,
    applied: 1,
    unchanged: 0,
    stale: 1,
    dropped: {},
    dead: { "invalid-message": 1 },
    waiting: {},
    retried: { "unknown-connection": 1 },
  });
});
