import { describe, expect, test } from "vitest";
import { isLock } from "../../lib/audience/ledger/locks.ts";
import { erase, erasingWorld, requestOf, START_MS } from "./erasing-world.simulation.ts";

const done = { deadLetters: 0, waitingMessages: 0, confirmed: true, outOfReach: {} };

test("a person leaves every segment of every environment, and the receipt counts them and names no key", async () => {
  const world = erasingWorld();
  world.add("production", "vip", ["ana", "bob"]);
  world.add("production", "beta", ["ana"]);
  world.add("staging", "vip", ["ana"]);
  const [receipt] = await erase(world, requestOf("ana"));
  expect(receipt).toMatchObject({
    isDone: true,
    fields: { ...done, erasure: "request-1#0", segments: { production: 2, staging: 1 } },
  });
  expect([...world.membersOf("production", "vip")]).toEqual(["bob"]);
  expect(world.membersOf("production", "beta").size + world.membersOf("staging", "vip").size).toBe(0);
  expect(JSON.stringify(receipt)).not.toContain("ana");
});

test("where there are thousands of segments LaunchDarkly is asked for all of an environment, and not about each", async () => {
  const world = erasingWorld();
  for (let at = 0; at < 2_000; at += 1) world.add("production", `segment-${at}`, ["bob"]);
  world.add("production", "vip", ["ana", "eve"]);
  // By hand: the ledger knows nothing of it.
  world.membersOf("production", "segment-7").add("ana");
  const receipts = await erase(world, requestOf("ana"), requestOf("eve", { index: 1 }));
  expect(receipts.map(({ isDone, fields }) => [isDone, fields.segments])).toEqual([
    [true, { production: 2 }],
    [true, { production: 1 }],
  ]);
  expect(world.membersOf("production", "segment-7").has("ana")).toBe(false);
  expect(world.world.requests).toBeLessThan(60);
});

test("LaunchDarkly is read back with a few requests at once, however many segments had the person", async () => {
  const world = erasingWorld();
  for (let at = 0; at < 300; at += 1) world.add("production", `segment-${at}`, ["ana"]);
  const { look } = world.ports;
  let [open, most] = [0, 0];
  world.ports.look = async (place) => {
    const looked = await look(place);
    return {
      ...looked,
      memberOf: async (person) => {
        open += 1;
        most = Math.max(most, open);
        await new Promise(setImmediate);
        open -= 1;
        return looked.memberOf(person);
      },
    };
  };
  const [receipt] = await erase(world, requestOf("ana"));
  expect(receipt).toMatchObject({ isDone: true, fields: { segments: { production: 300 } } });
  expect(most).toBeLessThan(10);
});

test("an environment that does not answer for all of its segments is asked about each", async () => {
  const world = erasingWorld();
  for (let at = 0; at < 200; at += 1) world.add("production", `segment-${at}`, ["bob"]);
  world.membersOf("production", "segment-7").add("ana");
  world.ports.askEnvironment = async () => undefined;
  const [receipt] = await erase(world, requestOf("ana"));
  expect(receipt).toMatchObject({ isDone: true, fields: { segments: { production: 1 } } });
});

test("of a person whom nobody knows the receipt says none", async () => {
  const world = erasingWorld();
  world.add("production", "vip", ["bob"]);
  const [receipt] = await erase(world, requestOf("nobody"));
  expect(receipt).toMatchObject({ isDone: true, fields: { ...done, segments: "none" } });
});

test("several people of a batch have a receipt each, one person under several kinds has one", async () => {
  const world = erasingWorld();
  world.add("production", "vip", ["ana", "bob", "eve"]);
  world.add("production", "beta", ["a-1"]);
  const contexts = ["ana", "a-1"].map((key) => ({ kind: "user", key }));
  const receipts = await erase(world, requestOf("", { contexts }), requestOf("bob", { index: 1 }));
  expect(receipts.map(({ fields }) => [fields.erasure, fields.segments])).toEqual([
    ["request-1#0", { production: 2 }],
    ["request-1#1", { production: 1 }],
  ]);
  expect([...world.membersOf("production", "vip")]).toEqual(["eve"]);
});

describe("a message about the person", () => {
  test("is deleted where it waits or is dead, or goes on with the others that it names", async () => {
    const world = erasingWorld();
    const url = world.urlOf("production");
    const letters = `${url}-dead-letters`;
    world.world.isBatcherPaused = true;
    for (const one of [url, letters]) {
      world.put(one, world.bodyOf("vip", ["ana"], START_MS));
      world.put(one, world.bodyOf("vip", ["ana", "bob"], START_MS));
      world.put(one, world.bodyOf("vip", ["bob"], START_MS));
    }
    const [receipt] = await erase(world, requestOf("ana"), requestOf("bob", { acceptedAt: START_MS - 1 }));
    expect(receipt).toMatchObject({ isDone: true, fields: { ...done, deadLetters: 2, waitingMessages: 2 } });
    for (const one of [url, letters]) {
      expect(world.bodiesOf(one)).toHaveLength(2);
      expect(world.bodiesOf(one).join()).not.toContain("ana");
    }
  });

  test("that was accepted after the request stays, and so does who was added since", async () => {
    const world = erasingWorld();
    world.add("production", "vip", ["ana"], START_MS + 1);
    const letters = `${world.urlOf("production")}-dead-letters`;
    world.put(letters, world.bodyOf("beta", ["ana"], START_MS + 1));
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: true, fields: { ...done, segments: "none" } });
    expect(world.membersOf("production", "vip").has("ana")).toBe(true);
    expect(world.bodiesOf(letters)).toHaveLength(1);
  });

  test("does not take others with it: what many walks have received is replaced before SQS takes it for dead", async () => {
    const world = erasingWorld();
    const url = world.urlOf("production");
    world.world.isBatcherPaused = true;
    const [worn, fresh] = ["bob", "eve"].map((key) => world.bodyOf("vip", [key], START_MS));
    world.put(url, worn ?? "", 900);
    world.put(url, fresh ?? "", 899);
    await erase(world, requestOf("ana"));
    expect(world.receivesOf(url)).toEqual([
      [fresh, 899],
      [worn, 1],
    ]);
  });

  test("that is none of ours is left, and named", async () => {
    const world = erasingWorld();
    world.put(`${world.urlOf("production")}-dead-letters`, "hello ana");
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({
      isDone: true,
      fields: { ...done, outOfReach: { "unclear-messages": 1 } },
    });
  });
});

test("a request that comes twice changes nothing, and the second receipt says the same", async () => {
  const world = erasingWorld();
  world.add("production", "vip", ["ana"]);
  const [first] = await erase(world, requestOf("ana"));
  const [second] = await erase(world, requestOf("ana"));
  expect(second?.fields.segments).toEqual(first?.fields.segments);
  world.add("production", "vip", ["ana"], world.ports.now());
  const [third] = await erase(world, requestOf("ana"));
  expect(third).toMatchObject({ isDone: true, fields: { confirmed: true, segments: "none" } });
  expect(world.membersOf("production", "vip").has("ana")).toBe(true);
});

test("a source whose clock runs ahead does not win against the erasure", async () => {
  const world = erasingWorld();
  const [body = ""] = [world.bodyOf("vip", ["ana"], START_MS)];
  world.put(world.urlOf("production"), body.replace(`"at":${START_MS}`, `"at":${START_MS + 60_000}`));
  world.carryOut();
  const [receipt] = await erase(world, requestOf("ana"));
  expect(receipt).toMatchObject({ isDone: true, fields: { confirmed: true, segments: { production: 1 } } });
  expect(world.membersOf("production", "vip").has("ana")).toBe(false);
});

test("whom somebody added in LaunchDarkly by hand is removed again after an erasure", async () => {
  const world = erasingWorld();
  world.add("production", "vip", ["ana"]);
  await erase(world, requestOf("ana"));
  world.membersOf("production", "vip").add("ana");
  await erase(world, requestOf("ana", { requestId: "request-2", acceptedAt: world.ports.now() }));
  expect(world.membersOf("production", "vip").has("ana")).toBe(false);
});

describe("an erasure comes again", () => {
  test("while LaunchDarkly is down, with one removal in the queue however often, and is done when it is back", async () => {
    const world = erasingWorld();
    world.add("production", "vip", ["ana"]);
    world.world.answer = "launchdarkly-503";
    for (let times = 0; times < 3; times += 1) {
      const [receipt] = await erase(world, requestOf("ana"));
      expect(receipt).toMatchObject({ isDone: false, fields: { open: { waiting: 1, unread: 1 } } });
    }
    expect(world.bodiesOf(world.urlOf("production"))).toHaveLength(1);
    world.world.answer = undefined;
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: true, fields: { confirmed: true, segments: { production: 1 } } });
    expect(world.membersOf("production", "vip").size).toBe(0);
  });

  test("behind a queue that takes too long to go through, and its removals are sent all the same", async () => {
    const world = erasingWorld();
    world.add("production", "vip", ["ana"]);
    const { letterCalls } = world.ports;
    let received = 0;
    world.put(world.urlOf("production"), world.bodyOf("vip", ["bob"], START_MS));
    world.ports.letterCalls = {
      ...letterCalls,
      receive: async (url, times) => {
        if (url !== world.urlOf("production")) return letterCalls.receive(url, times);
        received += 1;
        await world.ports.sleep(100);
        world.world.isOutOfTime ||= received > 10_000;
        const id = `backlog-${received}`;
        const body = world.bodyOf("vip", ["eve"], START_MS);
        return [
          {
            id,
            receiptHandle: id,
            body,
            attributes: {},
            sentAtMs: START_MS - 1,
            receives: 1,
            groupId: "own",
          },
        ];
      },
    };
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: false, fields: { open: { "sweep-unfinished": 1 } } });
    expect(world.membersOf("production", "vip").has("ana")).toBe(false);
  });

  test("while LaunchDarkly is down for hours, without a removal more each time", async () => {
    const world = erasingWorld();
    world.add("production", "vip", ["ana"]);
    world.add("staging", "vip", ["ana"]);
    world.world.answer = "launchdarkly-503";
    await erase(world, requestOf("ana"));
    await world.ports.sleep(3_600_000);
    // The function has delayed the removal.
    world.takeAll(world.urlOf("production"));
    world.world.delayed = 1;
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: false, fields: { open: { "delayed-messages": 1, unread: 2 } } });
    expect(world.bodiesOf(world.urlOf("production"))).toEqual([]);
    expect(world.bodiesOf(world.urlOf("staging"))).toHaveLength(1);
    world.world.answer = undefined;
    world.world.delayed = 0;
    const [last] = await erase(world, requestOf("ana"));
    expect(last).toMatchObject({ isDone: true, fields: { confirmed: true } });
  });

  test("while unanswered requests hold many segments, before its own time is over", async () => {
    const world = erasingWorld();
    const segments = Array.from({ length: 10 }, (_, at) => `segment-${at}`);
    for (const segment of segments) world.remove("production", segment, ["ana"]);
    const { holds } = world.ports;
    world.ports.holds = {
      ...holds,
      takeHold: async (segment, ...times) =>
        isLock(segment)
          ? holds.takeHold(segment, ...times)
          : { kind: "busy", stalled: false, untilMs: world.ports.now() + 60_000 },
    };
    world.world.answer = "launchdarkly-503";
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({ isDone: false, fields: { open: { busy: 10 } } });
    expect(world.ports.now() - START_MS).toBeLessThan(60_000);
  });

  test("when the time is over", async () => {
    const world = erasingWorld();
    world.add("production", "vip", ["ana"]);
    world.world.isOutOfTime = true;
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt?.isDone).toBe(false);
  });
});

describe("an erasure ends, unconfirmed,", () => {
  test("where LaunchDarkly refuses to say who is in a segment", async () => {
    const world = erasingWorld();
    world.add("production", "vip", ["ana"]);
    world.world.answer = "launchdarkly-403";
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({
      isDone: true,
      fields: { confirmed: false, segments: { production: 1 }, outOfReach: { unreadable: 1 } },
    });
  });

  test("where the person is in an environment that connections.yml does not have", async () => {
    const world = erasingWorld();
    world.addElsewhere("ana");
    const [receipt] = await erase(world, requestOf("ana"));
    expect(receipt).toMatchObject({
      isDone: true,
      fields: { confirmed: false, segments: "none", outOfReach: { environment: 1 } },
    });
  });
});

test("an addition from between two erasures that comes late does not bring the person back", async () => {
  const world = erasingWorld();
  world.add("production", "vip", ["ana"]);
  await erase(world, requestOf("ana"));
  await world.ports.sleep(60_000);
  const late = world.bodyOf("vip", ["ana"], world.ports.now() - 1_000);
  await erase(world, requestOf("ana", { requestId: "request-2", acceptedAt: world.ports.now() }));
  world.put(world.urlOf("production"), late);
  world.carryOut();
  expect(world.membersOf("production", "vip").has("ana")).toBe(false);
});
