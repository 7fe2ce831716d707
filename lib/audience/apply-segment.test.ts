import { describe, expect, test } from "vitest";
import { HOLD_RULES } from "../../test/support/hold-rules.ts";
import { memoryLedger } from "../../test/support/memory-ledger.ts";
import { virtualTime } from "../../test/support/virtual-time.ts";
import type { Fate } from "../delivery/fate.ts";
import { noEvidence, searchGoesOn } from "../delivery/isolate.ts";
import { SPLIT_REQUESTS, splitBudget } from "../delivery/split-budget.ts";
import { unlimited } from "../delivery/time-budget.ts";
import type { Action } from "../messages/operation.ts";
import { applySegment } from "./apply-segment.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { ApplyPorts } from "./segment-work.ts";
import type { SegmentChange, SegmentWriter, WriteAnswer } from "./segment-writer.ts";

const ledgerSegment = { environment: "environment", segment: "beta" };

/** A segment with a writer whose answers are given in turn, the last one for ever. */
function setUp(
  options: {
    answers?: readonly WriteAnswer[];
    ledger?: Ledger;
    ports?: Partial<ApplyPorts>;
    closedUntilMs?: number;
    separatesActions?: boolean;
  } = {},
) {
  const time = virtualTime(1_000_000);
  const ledger = options.ledger ?? memoryLedger();
  const sent: SegmentChange[] = [];
  const faults: string[] = [];
  const answers = options.answers ?? [{ kind: "applied" }];
  const writer: SegmentWriter = {
    maxMembers: 2,
    separatesActions: options.separatesActions ?? false,
    evidence: noEvidence(),
    closedUntilMs: () => options.closedUntilMs,
    ready: async (change) => ({
      kind: "ready",
      send: async () => {
        sent.push(change);
        const answer = answers[Math.min(sent.length, answers.length) - 1];
        if (!answer) throw new Error("no answer was given");
        return answer;
      },
    }),
  };
  const apply = async (
    at: number,
    members: Readonly<Record<string, Action>>,
  ): Promise<Record<string, Fate>> => {
    const fates: Record<string, Fate> = {};
    const keys = Object.keys(members);
    const candidates = new Map(
      Object.entries(members).map(([contextKey, action], item) => [
        contextKey,
        { contextKey, action, version: [at, at, 0, "id"] as const, items: item },
      ]),
    );
    const done = applySegment(
      {
        ledgerSegment,
        segment: { id: "beta", name: "Beta" },
        kinds: new Map([["user", candidates]]),
        writer,
      },
      (item, fate) => {
        const contextKey = keys[item] ?? "nobody";
        expect(fates[contextKey], "settled once").toBeUndefined();
        fates[contextKey] = fate;
      },
      {
        ledger,
        clock: time,
        budget: unlimited,
        random: () => 0,
        splits: splitBudget(() => 0),
        moreIsWaiting: false,
        noteFault: (step) => faults.push(step),
        ...options.ports,
      },
      HOLD_RULES,
    );
    const finished = done.then(() => true);
    while (!(await Promise.race([finished, new Promise((resolve) => setImmediate(resolve, false))])))
      await time.advance();
    return fates;
  };
  const holdNow = () => ledger.takeHold(ledgerSegment, time.now(), HOLD_RULES.holdMs);
  return { apply, holdNow, ledger, sent, faults, time };
}

describe("a segment that is brought up to date", () => {
  test("gets its members in requests no larger than the writer takes, and is free afterwards", async () => {
    const { apply, sent, holdNow } = setUp();
    const fates = await apply(1, { ana: "add", bob: "remove", eve: "add" });
    expect(Object.values(fates)).toEqual(Array(3).fill({ kind: "delivered", how: "applied" }));
    expect(
      sent.map(({ members }) => members.map(({ contextKey, action }) => `${action} ${contextKey}`)),
    ).toEqual([["add ana", "remove bob"], ["add eve"]]);
    expect(await holdNow()).toMatchObject({ kind: "taken", hold: { n: 2, dirty: 0 } });
  });

  test("gets its removals first where one request has one action, because they make room", async () => {
    const { apply, sent } = setUp({ separatesActions: true });
    await apply(1, { ana: "add", bob: "remove", eve: "add", dan: "remove" });
    expect(
      sent.map(({ members }) => members.map(({ contextKey, action }) => `${action} ${contextKey}`)),
    ).toEqual([
      ["remove bob", "remove dan"],
      ["add ana", "add eve"],
    ]);
  });

  const members = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`member-${at}`, "add" as const]));

  test("leaves what fills no request for the next batch, behind ten full ones and when more is waiting", async () => {
    const { apply, sent } = setUp({ ports: { moreIsWaiting: true } });
    const { "member-20": last, ...others } = await apply(1, members(21));
    expect(last).toEqual({
      kind: "retry",
      reason: "waiting-for-a-full-request",
      delay: { kind: "at", atMs: 1_000_000 },
    });
    expect(Object.values(others)).toEqual(Array(20).fill({ kind: "delivered", how: "applied" }));
    expect(sent.map((change) => change.members.length)).toEqual(Array(10).fill(2));
  });

  test("leaves nothing behind fewer full requests, or when nothing more is waiting", async () => {
    const few = setUp({ ports: { moreIsWaiting: true } });
    await few.apply(1, members(19));
    expect(few.sent.map((change) => change.members.length)).toEqual([...Array(9).fill(2), 1]);
    const last = setUp();
    await last.apply(1, members(21));
    expect(last.sent.map((change) => change.members.length)).toEqual([...Array(10).fill(2), 1]);
  });

  test("leaves nothing where adds and removals go apart: the rarer of them would come again with the whole batch", async () => {
    const { apply, sent } = setUp({ separatesActions: true, ports: { moreIsWaiting: true } });
    const fates = await apply(1, { ...members(21), ana: "remove" });
    expect(Object.values(fates)).toEqual(Array(22).fill({ kind: "delivered", how: "applied" }));
    expect(sent.map((change) => change.members.length)).toEqual([1, ...Array(10).fill(2), 1]);
  });

  test("leaves nothing that was not read last, for its messages hold much that is done", async () => {
    const { apply, sent } = setUp({ ports: { moreIsWaiting: true } });
    await apply(1, { "member-0": "add", "member-1000": "add" });
    const fates = await apply(1, members(1_001));
    expect(new Set(Object.values(fates).map(({ kind }) => kind))).toEqual(new Set(["delivered"]));
    expect(sent.map((change) => change.members.length)).toEqual([2, ...Array(499).fill(2), 1]);
  });

  test("costs no request for what it already holds", async () => {
    const { apply, sent } = setUp();
    await apply(1, { ana: "add" });
    expect(await apply(1, { ana: "add" })).toEqual({ ana: { kind: "delivered", how: "stale" } });
    expect(await apply(2, { ana: "add" })).toEqual({ ana: { kind: "delivered", how: "unchanged" } });
    expect(await apply(1, { ana: "remove" })).toEqual({ ana: { kind: "delivered", how: "stale" } });
    expect(sent).toHaveLength(1);
  });
});

describe("what stops the work on a segment", () => {
  test.each<[string, WriteAnswer, object, object]>([
    [
      "a limit",
      { kind: "limited", notBeforeMs: 7 },
      { reason: "rate-limited", delay: { kind: "backoff", notBeforeMs: 7 } },
      { kind: "taken", hold: { dirty: 0 } },
    ],
    [
      "a refused token",
      { kind: "misconfigured", reason: "launchdarkly-401" },
      { reason: "launchdarkly-401", delay: { kind: "configuration" } },
      { kind: "taken", hold: { dirty: 0 } },
    ],
    [
      "a request that never left",
      { kind: "unsent", reason: "connection-refused" },
      { reason: "connection-refused", delay: { kind: "backoff" } },
      { kind: "taken", hold: { dirty: 0 } },
    ],
    [
      "an answered failure",
      { kind: "failed", status: 503 },
      { reason: "launchdarkly-503", delay: { kind: "backoff" } },
      { kind: "taken", hold: { dirty: 1 } },
    ],
    [
      "no answer",
      { kind: "unanswered", reason: "no-answer" },
      { reason: "no-answer", delay: { kind: "backoff", notBeforeMs: 1_060_000 } },
      { kind: "busy", stalled: true },
    ],
  ])("%s leaves the rest for later and the hold as the protocol says", async (_, answer, retry, hold) => {
    const { apply, holdNow } = setUp({ answers: [{ kind: "applied" }, answer] });
    const fates = await apply(1, { ana: "add", bob: "add", eve: "add" });
    expect(fates).toMatchObject({
      ana: { how: "applied" },
      bob: { how: "applied" },
      eve: { kind: "retry", ...retry },
    });
    expect(await holdNow()).toMatchObject(hold);
  });

  test("a limit that was seen before starts no request and takes no hold", async () => {
    const { apply, sent, holdNow } = setUp({ closedUntilMs: 2_000_000 });
    expect(await apply(1, { ana: "add" })).toMatchObject({
      ana: { kind: "retry", delay: { notBeforeMs: 2_000_000 } },
    });
    expect(sent).toEqual([]);
    expect(await holdNow()).toMatchObject({ kind: "taken", hold: { n: 1 } });
  });

  test("too little time left starts no request", async () => {
    const { apply, sent } = setUp({ ports: { budget: { allows: () => false } } });
    expect(await apply(1, { ana: "add" })).toMatchObject({
      ana: { kind: "retry", reason: "out-of-time", delay: { kind: "soon" } },
    });
    expect(sent).toEqual([]);
  });

  test("somebody else's hold is waited for, but not for long", async () => {
    const { apply, holdNow, ledger, time, sent } = setUp();
    const taken = await holdNow();
    if (taken.kind === "taken")
      time.at(time.now() + 1_000, () => void ledger.releaseHold(taken.hold, "clean"));
    expect(await apply(1, { ana: "add" })).toMatchObject({ ana: { how: "applied" } });
    await holdNow();
    expect(await apply(2, { ana: "remove" })).toMatchObject({
      ana: { kind: "retry", reason: "segment-busy", delay: { kind: "soon" } },
    });
    expect(sent).toHaveLength(1);
  });

  test("a stalled hold is not waited for", async () => {
    const { apply, holdNow, ledger, time } = setUp();
    const taken = await holdNow();
    if (taken.kind === "taken") await ledger.stallHold(taken.hold);
    const startedMs = time.now();
    expect(await apply(1, { ana: "add" })).toMatchObject({
      ana: { reason: "segment-stalled", delay: { kind: "at", atMs: 1_060_000 } },
    });
    expect(time.now()).toBe(startedMs);
  });

  test.each(["takeHold", "readEntries"] as const)(
    "a ledger that fails at %s has changed nothing",
    async (step) => {
      const { apply, sent, faults } = setUp({
        ledger: { ...memoryLedger(), [step]: () => Promise.reject(new Error("throttled")) },
      });
      expect(await apply(1, { ana: "add" })).toMatchObject({
        ana: { kind: "retry", reason: "ledger-unavailable" },
      });
      expect(sent).toEqual([]);
      expect(faults).toHaveLength(1);
    },
  );

  test("entries that cannot be written keep everybody off the segment until the hold has run out", async () => {
    const { apply, holdNow } = setUp({
      ledger: { ...memoryLedger(), writeEntries: () => Promise.reject(new Error("throttled")) },
    });
    expect(await apply(1, { ana: "add" })).toMatchObject({
      ana: { kind: "retry", delay: { notBeforeMs: 1_060_000 } },
    });
    expect(await holdNow()).toMatchObject({ kind: "busy", stalled: true });
  });

  test("a fault of our own is treated as no answer", async () => {
    const { apply, holdNow, faults } = setUp({ answers: [] });
    expect(await apply(1, { ana: "add" })).toMatchObject({
      ana: { kind: "retry", reason: "internal-error" },
    });
    expect(await holdNow()).toMatchObject({ kind: "busy", stalled: true });
    expect(faults).toEqual(["segment.apply"]);
  });
});

describe("a writer that wants to be asked again", () => {
  const made: WriteAnswer = { kind: "again", reason: "segment-unclear", isNew: true };

  test("sends the next request under the same hold", async () => {
    const { apply, sent, holdNow } = setUp({ answers: [{ ...made, isNew: false }, { kind: "applied" }] });
    expect(await apply(1, { ana: "add" })).toMatchObject({ ana: { how: "applied" } });
    expect(sent).toHaveLength(2);
    expect(await holdNow()).toMatchObject({ kind: "taken", hold: { n: 2, dirty: 0 } });
  });

  test("because the segment was made anew leaves nothing of what the ledger believed of it", async () => {
    const { apply, sent } = setUp({
      answers: [{ kind: "applied" }, made, { kind: "applied" }],
    });
    await apply(1, { ana: "add", bob: "add" });
    // Finds it missing: somebody has deleted it.
    await apply(2, { eve: "add", dan: "add" });
    expect(await apply(3, { ana: "add", bob: "add" })).toMatchObject({ ana: { how: "applied" } });
    expect(sent).toHaveLength(4);
  });

  test("and again and again is put off", async () => {
    const { apply, sent, holdNow } = setUp({ answers: [made] });
    expect(await apply(1, { ana: "add" })).toMatchObject({
      ana: { kind: "retry", reason: "segment-unclear", delay: { kind: "backoff" } },
    });
    expect(sent).toHaveLength(6);
    expect(await holdNow()).toMatchObject({ kind: "taken", hold: { dirty: 1 } });
  });
});

describe("members that LaunchDarkly refuses", () => {
  const usedUpBudget = () => {
    const budget = splitBudget(() => 0);
    budget.begin(SPLIT_REQUESTS);
    return budget;
  };
  const refused: WriteAnswer = {
    kind: "refused",
    status: 400,
    reason: "refused-by-launchdarkly",
    cause: "odd",
  };

  test("are dead and leave no entry, and their neighbours are delivered", async () => {
    const { apply, ledger } = setUp({ answers: [refused, refused, { kind: "applied" }] });
    const fates = await apply(1, { ana: "add", bob: "add" });
    expect(
      Object.values(fates)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["dead", "delivered"]);
    const [dead] = Object.entries(fates).find(([, { kind }]) => kind === "dead") ?? [];
    expect([...(await ledger.readEntries(ledgerSegment, "user", ["ana", "bob"])).keys()]).not.toContain(dead);
  });

  test("keep additions waiting where removals go first and the search for those is cut short", async () => {
    const { apply, sent } = setUp({
      answers: [refused],
      separatesActions: true,
      ports: { splits: usedUpBudget() },
    });
    const fates = await apply(1, { ana: "remove", bob: "remove", eve: "add" });
    expect(Object.values(fates)).toEqual(Array(3).fill(searchGoesOn));
    expect(sent).toHaveLength(1);
  });

  test("because an approval is required are dead with that reason and are not split", async () => {
    const { apply, sent } = setUp({
      answers: [{ ...refused, kind: "forbidden", reason: "approval-required", status: 403 }],
    });
    expect(await apply(1, { ana: "add", bob: "add" })).toMatchObject({
      ana: { kind: "dead", reason: "approval-required" },
      bob: { kind: "dead" },
    });
    expect(sent).toHaveLength(1);
  });
});
