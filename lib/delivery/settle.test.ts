import { describe, expect, test } from "vitest";
import type { DeadLetter } from "./dead-letter.ts";
import { type Fate, retryWithBackoff, WAITING_REASONS } from "./fate.ts";
import {
  agedFate,
  COPY_ABOVE_SECONDS,
  type Copy,
  RENEW_AFTER_MS,
  RENEW_AFTER_RECEIVES,
  type RecordOutcome,
  settleBatch,
  UNDELIVERABLE_MS,
} from "./settle.ts";

const delivered: Fate = { kind: "delivered", how: "applied" };
const dropped: Fate = { kind: "dropped", reason: "too-late-to-count" };
const soon: Fate = { kind: "retry", reason: "segment-busy", delay: { kind: "soon" } };
const later: Fate = { kind: "retry", reason: "launchdarkly-401", delay: { kind: "configuration" } };
const dead = (cause: string): Fate => ({
  kind: "dead",
  reason: "refused-by-launchdarkly",
  cause,
  status: 400,
});

function outcome(messageId: string, fates: readonly Fate[]): RecordOutcome {
  return {
    messageId,
    receiptHandle: `handle-${messageId}`,
    receives: 1,
    earlierReceives: 0,
    sentAtMs: 0,
    queuedAtMs: 0,
    acceptedAt: 0,
    firstReceivedAtMs: 5_000,
    connection: "cdp",
    fates,
    bodyOf: (items) => `${messageId}:${items.join(",")}`,
  };
}

/** Settles with queues that confirm what `confirms` says, and reports what they were given. */
async function settle(
  outcomes: readonly RecordOutcome[],
  confirms: (body: string) => boolean = () => true,
  random: () => number = () => 0,
) {
  const letters: DeadLetter[] = [];
  const requeued: Copy[] = [];
  let visibility: readonly { readonly receiptHandle: string; readonly seconds: number }[] = [];
  const answer = await settleBatch(outcomes, {
    service: "launchdarkly",
    nowMs: 60_000,
    random,
    sendDeadLetters: async (given) =>
      given.map((letter) => letters.push(letter) > 0 && confirms(letter.body)),
    requeue: async (given) => given.map((message) => requeued.push(message) > 0 && confirms(message.body)),
    setVisibility: async (changes) => {
      visibility = changes;
    },
  });
  return {
    failed: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    letters,
    requeued,
    visibility,
  };
}

describe("a message", () => {
  test("whose items are all delivered or dropped is done", async () => {
    const { failed, letters, visibility } = await settle([outcome("a", [delivered, dropped])]);
    expect({ failed, letters, visibility }).toEqual({ failed: [], letters: [], visibility: [] });
  });

  test("with an item to retry fails, and comes back when the first of them can go", async () => {
    const { failed, visibility } = await settle([
      outcome("a", [delivered, later, soon]),
      outcome("b", [delivered]),
    ]);
    expect(failed).toEqual(["a"]);
    expect(visibility).toEqual([{ receiptHandle: "handle-a", seconds: 2 }]);
  });

  test("with dead items is done once a copy of exactly those is in the dead-letter queue", async () => {
    const { failed, letters } = await settle([
      outcome("a", [delivered, dead("odd"), dead("odd"), dead("even")]),
    ]);
    expect(failed).toEqual([]);
    expect(letters.map(({ body }) => body)).toEqual(["a:1,2", "a:3"]);
    expect(letters[0]?.attributes).toEqual({
      messageId: "a",
      reason: "refused-by-launchdarkly",
      cause: "odd",
      status: "400",
      destination: "launchdarkly",
      connection: "cdp",
      firstAttemptAt: "1970-01-01T00:00:05.000Z",
      lastAttemptAt: "1970-01-01T00:01:00.000Z",
    });
  });

  test("with dead items and others to retry leaves the others in a message of their own", async () => {
    const { failed, letters, requeued } = await settle([outcome("a", [dead("odd"), soon, delivered])]);
    expect(failed).toEqual([]);
    expect(letters.map(({ body }) => body)).toEqual(["a:0"]);
    expect(requeued).toMatchObject([{ body: "a:1", delaySeconds: 2 }]);
  });

  test.each(["a:0", "a:1"])("stays in the queue when %s is not confirmed", async (unconfirmed) => {
    const { failed, visibility } = await settle(
      [outcome("a", [dead("odd"), soon])],
      (body) => body !== unconfirmed,
    );
    expect(failed).toEqual(["a"]);
    expect(visibility).toHaveLength(1);
  });

  test("is judged by its own confirmations, not by its neighbours'", async () => {
    const outcomes = [
      outcome("a", [dead("x")]),
      outcome("b", [dead("x"), dead("y")]),
      outcome("c", [dead("x")]),
    ];
    const { failed } = await settle(outcomes, (body) => body !== "b:1");
    expect(failed).toEqual(["b"]);
  });

  test("whose letter cannot be written comes again, and its neighbours are settled", async () => {
    const unwritable = {
      ...outcome("a", [dead("x")]),
      bodyOf: () => {
        throw new RangeError("too deep");
      },
    };
    const timeless = { ...outcome("b", [dead("x")]), firstReceivedAtMs: Number.NaN };
    const { failed, letters } = await settle([unwritable, timeless, outcome("c", [dead("x")])]);
    expect(failed).toEqual(["a", "b"]);
    expect(letters.map(({ body }) => body)).toEqual(["c:0"]);
  });

  test("whose connection is called what SQS takes in no attribute has a letter all the same", async () => {
    const named = { ...outcome("a", [dead("x")]), connection: `\ud800\u0000\uffff${"x".repeat(5_000)}` };
    const { letters } = await settle([named]);
    expect(letters[0]?.attributes.connection).toBe(`\ufffd  ${"x".repeat(97)}`);
  });

  test("without any items, were there one, is done", async () => {
    expect((await settle([outcome("a", [])])).failed).toEqual([]);
  });
});

describe("a message that fails again and again", () => {
  const failing: Fate = { kind: "retry", reason: "launchdarkly-503", delay: { kind: "backoff" } };

  test("backs off as one, however many items it holds", async () => {
    const draws = Array.from({ length: 450 }, (_, index) => (450 - index) / 451);
    const many = { ...outcome("a", Array(450).fill(failing)), receives: 9 };
    const { requeued } = await settle([many], undefined, () => draws.shift() ?? 0);
    expect(requeued[0]?.delaySeconds).toBeGreaterThan(800);
  });

  test("goes on in a fresh one before SQS would move it away without a reason", async () => {
    const worn = { ...outcome("a", [delivered, failing]), receives: RENEW_AFTER_RECEIVES };
    const { failed, requeued, letters } = await settle([worn]);
    expect({ failed, letters }).toEqual({ failed: [], letters: [] });
    expect(requeued).toMatchObject([{ body: "a:1", delaySeconds: 0 }]);
    const unconfirmed = await settle([worn], () => false);
    expect(unconfirmed.failed).toEqual(["a"]);
  });
});

describe("a message that comes again in more than two minutes", () => {
  const failing: Fate = { kind: "retry", reason: "launchdarkly-503", delay: { kind: "backoff" } };
  const waitsUntil = (atMs: number): Fate => ({
    kind: "retry",
    reason: "rate-limited",
    delay: { kind: "at", atMs },
  });

  test("leaves the flight: a delayed copy is confirmed, and the original is done", async () => {
    const original = { ...outcome("a", [delivered, later]), receives: 3, earlierReceives: 4, groupId: "cdp" };
    const { failed, requeued, visibility } = await settle([original]);
    expect({ failed, visibility }).toEqual({ failed: [], visibility: [] });
    expect(requeued).toEqual([
      {
        body: "a:1",
        delaySeconds: 900,
        groupId: "cdp",
        attributes: { copiedAt: "60000", queuedAt: "0", firstReceivedAt: "5000", receives: "7" },
      },
    ]);
  });

  test("comes by its visibility when the copy is not confirmed", async () => {
    const { failed, visibility } = await settle([outcome("a", [later])], () => false);
    expect(failed).toEqual(["a"]);
    expect(visibility).toEqual([{ receiptHandle: "handle-a", seconds: 900 }]);
  });

  test.each([
    [COPY_ABOVE_SECONDS, undefined],
    [COPY_ABOVE_SECONDS + 1, COPY_ABOVE_SECONDS + 1],
    [3_600, 900],
  ])("after %i s is copied with a delay of %s", async (seconds, delaySeconds) => {
    const { requeued } = await settle([outcome("a", [waitsUntil(60_000 + seconds * 1_000)])]);
    expect(requeued[0]?.delaySeconds).toBe(delaySeconds);
  });

  test("backs off by all receives of its copies", async () => {
    const copied = { ...outcome("a", [failing]), earlierReceives: 8 };
    const { requeued } = await settle([copied], undefined, () => 0.5);
    expect(requeued[0]?.delaySeconds).toBe(450);
  });
});

test("a message that only waits goes on in a fresh one before SQS would delete it", async () => {
  const { failed, requeued } = await settle([{ ...outcome("a", [soon]), sentAtMs: 60_000 - RENEW_AFTER_MS }]);
  expect(failed).toEqual([]);
  expect(requeued).toMatchObject([{ body: "a:0", delaySeconds: 2, attributes: { queuedAt: "0" } }]);
});

test("what an answer says is sent on without what SQS refuses", async () => {
  const { letters } = await settle([outcome("a", [dead("odd\u0000\uffff \ud800!")])]);
  expect(letters[0]?.attributes.cause).toBe("odd   \ufffd!");
});

describe("an item that is still to be retried", () => {
  test("after twelve days needs a person", () => {
    expect(agedFate(later, 0, UNDELIVERABLE_MS)).toBe(later);
    expect(agedFate(later, 0, UNDELIVERABLE_MS + 1)).toMatchObject({ kind: "dead", reason: "undeliverable" });
  });

  test("only waits for its turn is not dead of age, so that what a person puts back gets it", () => {
    expect(agedFate(soon, 0, UNDELIVERABLE_MS + 1)).toBe(soon);
  });

  test.each([...WAITING_REASONS])("is not dead of age while it waits: %s", (reason) => {
    const waiting = retryWithBackoff(reason);
    expect(agedFate(waiting, 0, UNDELIVERABLE_MS + 1)).toBe(waiting);
  });

  test("is never aged when it is delivered", () => {
    expect(agedFate(delivered, 0, UNDELIVERABLE_MS + 1)).toBe(delivered);
  });
});
