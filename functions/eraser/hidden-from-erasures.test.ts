import { describe, expect, test } from "vitest";
import { QUEUE_WALK_LOCK } from "../../lib/audience/ledger/locks.ts";
import { erasePeople } from "./erase-people.ts";
import { erase, erasingWorld, requestOf, START_MS } from "./erasing-world.simulation.ts";
import { fateOf, receiptOf } from "./receipt.ts";

/** What may be about the person and is not there to be received. */

const done = { deadLetters: 0, waitingMessages: 0, confirmed: true, outOfReach: {} };

describe("an erasure comes again", () => {
  test("while older additions are delayed, of somebody whom nobody knows yet", async () => {
    const world = erasingWorld();
    world.world.delayed = 1;
    const [early] = await erase(world, requestOf("ana"));
    expect(early).toMatchObject({ isDone: false, fields: { open: { "delayed-messages": 1 } } });
    world.world.delayed = 0;
    world.add("production", "new", ["ana"]);
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: true, fields: { confirmed: true, segments: { production: 1 } } });
    expect(world.membersOf("production", "new").size).toBe(0);
  });

  test("while metric events are delayed, which may be the person's", async () => {
    const world = erasingWorld();
    world.world.delayedEvents = 1;
    const [early] = await erase(world, requestOf("ana"));
    expect(early).toMatchObject({ isDone: false, fields: { open: { "delayed-messages": 1 } } });
    world.world.delayedEvents = 0;
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: true, fields: { ...done, segments: "none" } });
  });

  test("while a function took an operation between the first count and the walk", async () => {
    const world = erasingWorld();
    const { receive } = world.ports.letterCalls;
    world.put(world.urlOf("production"), world.bodyOf("vip", ["bob"], START_MS - 1_000));
    world.ports.letterCalls = {
      ...world.ports.letterCalls,
      receive: async (...asked) => {
        world.world.inFlight = 1;
        return receive(...asked);
      },
    };
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: false, fields: { open: { "messages-in-hand": 1 } } });
  });

  test("while a function has operations in hand that may be older: soon at first, and not once all that is older must be through", async () => {
    const world = erasingWorld();
    world.world.inFlight = 1;
    const [attempt] = await erasePeople([requestOf("ana")], world.ports);
    if (!attempt) throw new Error("expected an attempt");
    const receipt = receiptOf(attempt, START_MS);
    expect(receipt).toMatchObject({ isDone: false, fields: { open: { "messages-in-hand": 1 } } });
    expect(fateOf(receipt, attempt, START_MS)).toMatchObject({
      ...{ kind: "retry", reason: "waiting-for-older-messages" },
      delay: { kind: "at", atMs: START_MS + 30_000 },
    });
    // A function that was killed keeps them for the visibility timeout of 420 s.
    await world.ports.sleep(420_000);
    const [killed] = await erasePeople([requestOf("ana")], world.ports);
    if (!killed) throw new Error("expected an attempt");
    const killedAtMs = START_MS + 420_000;
    expect(fateOf(receiptOf(killed, killedAtMs), killed, killedAtMs)).toMatchObject({
      delay: { kind: "at", atMs: killedAtMs + 150_000 },
    });
    await world.ports.sleep(240_000);
    const [later] = await erase(world, requestOf("ana"));
    expect(later).toMatchObject({ isDone: true, fields: { ...done, segments: "none" } });
  });

  test("while somebody else has dead letters in hand", async () => {
    const world = erasingWorld();
    world.world.lettersInFlight = 1;
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: false, fields: { open: { "letters-in-other-hands": 1 } } });
  });
});

test("of two invocations at once neither says that it is done while the other has messages about its person in hand", async () => {
  const world = erasingWorld();
  const url = world.urlOf("production");
  world.add("production", "old", ["bob"]);
  world.world.isBatcherPaused = true;
  const acceptedAt = START_MS - 600_000;
  for (const key of ["ana", "eve"]) world.put(url, world.bodyOf("vip", [key], acceptedAt));
  const receipts = await Promise.all(
    ["ana", "eve"].map((key) => erase(world, requestOf(key, { acceptedAt }))),
  );
  expect(receipts.flat()).toMatchObject([{ isDone: true }, { isDone: true }]);
  expect(world.bodiesOf(url)).toEqual([]);
});

test("while somebody else goes through the queues all the time a request stays open", async () => {
  const world = erasingWorld();
  const { holds, now } = world.ports;
  await holds.takeHold(QUEUE_WALK_LOCK, now(), 3_600_000);
  const [receipt] = await erase(world, requestOf("ana"));
  expect(receipt).toMatchObject({ isDone: false, fields: { open: { "sweep-unfinished": 1 } } });
});
