import { describe, expect, test } from "vitest";
import type { ConditionalUpdate, DynamoCalls } from "../../table/calls.ts";
import type { StoredItem } from "../../table/item.ts";
import { dynamoHolds } from "./dynamodb-holds.ts";

type UpdateAnswer = Awaited<ReturnType<DynamoCalls["update"]>>;

const segment = { environment: "production", segment: "beta" };
const refused: UpdateAnswer = { kind: "condition-failed" };
const took: UpdateAnswer = {
  kind: "answered",
  item: { n: { N: "3" }, until: { N: "61000" }, dirty: { N: "2" } },
};

/** A table that gives these answers in this order. */
function scripted(updates: readonly UpdateAnswer[], items: readonly (StoredItem | undefined)[] = []) {
  const seen: ConditionalUpdate[] = [];
  const [nextUpdate, nextItem] = [updates.values(), items.values()];
  const never = async (): Promise<never> => {
    throw new Error("not called in this test");
  };
  const holds = dynamoHolds({
    calls: {
      timeoutMs: 100,
      batchGet: never,
      batchWrite: never,
      get: async () => ({ kind: "answered", item: nextItem.next().value }),
      update: async (request) => {
        seen.push(request);
        return nextUpdate.next().value ?? never();
      },
    },
    ports: { now: () => 1_000, random: () => 0, sleep: async () => {} },
  });
  return { holds, seen };
}

test("a free segment costs one call", async () => {
  const { holds, seen } = scripted([took]);
  expect(await holds.takeHold(segment, 1_000, 60_000)).toEqual({
    kind: "taken",
    hold: { segment, n: 3, untilMs: 61_000, dirty: 2 },
  });
  expect(seen).toHaveLength(1);
});

test("a take-over that somebody else won is busy, until theirs ends", async () => {
  const expired = { n: { N: "2" }, until: { N: "900" } };
  const theirs = { n: { N: "3" }, until: { N: "60900" } };
  const { holds } = scripted([refused, refused], [expired, theirs]);
  expect(await holds.takeHold(segment, 1_000, 60_000)).toEqual({
    kind: "busy",
    untilMs: 60_900,
    stalled: false,
  });
});

test("a hold that was released between two looks is busy until now", async () => {
  const { holds } = scripted([refused], [{ n: { N: "2" } }]);
  expect(await holds.takeHold(segment, 1_000, 60_000)).toEqual({
    kind: "busy",
    untilMs: 1_000,
    stalled: false,
  });
});

test("an update without an answer is repeated, because its condition names the hold", async () => {
  const { holds, seen } = scripted([{ kind: "unanswered", cause: new Error("socket hang up") }, took]);
  expect(await holds.takeHold(segment, 1_000, 60_000)).toMatchObject({ kind: "taken" });
  expect(seen[1]).toEqual(seen[0]);
});

describe("a take that is repeated after no answer, and finds the segment taken", () => {
  const lost: UpdateAnswer = { kind: "unanswered", cause: new Error("socket hang up") };
  const item = { n: { N: "3" }, until: { N: "61000" }, dirty: { N: "2" } };
  const takenBy = async (by: string) => {
    const { holds } = scripted([lost, refused], [{ ...item, by: { S: by } }]);
    return holds.takeHold(segment, 1_000, 60_000);
  };

  test("knows its own hold by its signature", async () => {
    const { holds, seen } = scripted([took]);
    await holds.takeHold(segment, 1_000, 60_000);
    const signature = seen[0]?.values[":by"];
    const by = signature && "S" in signature ? signature.S : "unsigned";
    expect(await takenBy(by)).toEqual({
      kind: "taken",
      hold: { segment, n: 3, untilMs: 61_000, dirty: 2 },
    });
  });

  test("leaves somebody else's alone", async () => {
    expect(await takenBy("another")).toEqual({ kind: "busy", untilMs: 61_000, stalled: false });
  });
});

test("a hold item that Flagbridge did not write is refused and named by its attribute", async () => {
  const { holds } = scripted([refused], [{ n: { N: "2" }, until: { S: "tomorrow" } }]);
  await expect(holds.takeHold(segment, 1_000, 60_000)).rejects.toThrow(
    "unexpected 'until': expected a whole number",
  );
});
