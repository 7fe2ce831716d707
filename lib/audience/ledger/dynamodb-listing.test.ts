import { describe, expect, test } from "vitest";
import type { PassingFailure } from "../../table/calls.ts";
import type { Address, StoredItem } from "../../table/item.ts";
import type { PageAnswer, TableReadingCalls } from "../../table/reading-calls.ts";
import { LedgerUnavailableError, MAX_ATTEMPTS } from "./dynamodb-attempts.ts";
import { dynamoListing } from "./dynamodb-listing.ts";
import { entryAddress } from "./keys.ts";
import type { LedgerSegment } from "./ledger.ts";

const segment: LedgerSegment = { environment: "production", segment: "list/vip" };
const throttled: PassingFailure = { kind: "unavailable", cause: new Error("ThrottlingException") };
const unanswered: PassingFailure = { kind: "unanswered", cause: new Error("socket hang up") };
const emptyPage: PageAnswer = { kind: "answered", items: [], readUnits: 0.5 };

/** A table that answers as the test says; what the test does not expect fails. */
function scripted(answers: Partial<TableReadingCalls>) {
  const never = async (): Promise<never> => {
    throw new Error("not called in this test");
  };
  const pauses: number[] = [];
  const listing = dynamoListing({
    calls: { batchGet: never, query: never, scan: never, size: never, deleteIf: never, ...answers },
    ports: {
      now: () => 0,
      random: () => 0.5,
      sleep: async (ms) => {
        pauses.push(ms);
      },
    },
  });
  return { listing, pauses };
}

function removalAt({ pk, sk }: Address): StoredItem {
  return {
    pk: { S: pk },
    sk: { S: sk },
    version: { S: "1,2,3,id" },
    action: { S: "remove" },
    n: { N: "4" },
    at: { N: "5" },
  };
}

async function keysOf(listed: AsyncIterable<{ readonly key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listed) keys.push(key);
  return keys;
}

describe("listing the members of a segment", () => {
  const ana = entryAddress(segment, "user", "ana");

  test("asks for a page again that DynamoDB could not give, and for no other", async () => {
    const asked: (string | undefined)[] = [];
    const answers: PageAnswer[] = [
      { kind: "answered", items: [], readUnits: 1, next: ana },
      throttled,
      unanswered,
      { kind: "answered", items: [removalAt(ana)], readUnits: 1 },
    ];
    const { listing, pauses } = scripted({
      query: async ({ partition, after }) => {
        if (partition !== ana.pk) return emptyPage;
        asked.push(after?.sk);
        return answers[asked.length - 1] ?? emptyPage;
      },
    });
    expect(await keysOf(listing.members(segment, "user"))).toEqual(["ana"]);
    expect(asked).toEqual([undefined, "ana", "ana", "ana"]);
    expect(pauses).toEqual([25, 50]);
  });

  test("rejects and gives no half of a segment for the whole when a page stays away", async () => {
    let calls = 0;
    const { listing } = scripted({
      query: async ({ partition }) => {
        if (partition !== ana.pk) return emptyPage;
        calls += 1;
        return throttled;
      },
    });
    await expect(keysOf(listing.members(segment, "user"))).rejects.toThrow(LedgerUnavailableError);
    expect(calls).toBe(MAX_ATTEMPTS);
  });

  test("reads four partitions at a time, and a page of each ahead of whoever takes them", async () => {
    const counts = { asked: 0, reading: 0, most: 0 };
    const { listing } = scripted({
      query: async ({ limit }) => {
        expect(limit).toBe(1_000);
        counts.asked += 1;
        counts.reading += 1;
        counts.most = Math.max(counts.most, counts.reading);
        await new Promise(setImmediate);
        counts.reading -= 1;
        return { kind: "answered", items: [removalAt(ana)], readUnits: 1, next: ana };
      },
    });
    let taken = 0;
    for await (const _ of listing.members(segment, "user")) {
      taken += 1;
      await new Promise(setImmediate);
      expect(counts.asked).toBeLessThanOrEqual(taken + 4);
      if (taken === 50) break;
    }
    expect(counts.most).toBe(4);
    expect(counts.reading).toBe(0);
  });
});

test("a scan splits the table into as many parts as are read side by side", async () => {
  const asked: unknown[] = [];
  const { listing } = scripted({
    scan: async ({ part, parts }) => {
      asked.push({ part, parts });
      return emptyPage;
    },
  });
  const progress: unknown[] = [];
  const onProgress = (soFar: unknown) => progress.push(soFar);
  for await (const item of listing.scan({ segmentsAtATime: 2, onProgress })) expect(item).toBeUndefined();
  expect(asked).toEqual([
    { part: 0, parts: 2 },
    { part: 1, parts: 2 },
  ]);
  expect(progress).toEqual([
    { items: 0, readUnits: 0.5 },
    { items: 0, readUnits: 1 },
  ]);
});

test("keys that DynamoDB left unread are asked for again", async () => {
  const asked: number[] = [];
  const { listing } = scripted({
    batchGet: async (addresses) => {
      asked.push(addresses.length);
      return {
        kind: "answered",
        items: addresses.slice(0, 2).map(removalAt),
        unprocessed: addresses.slice(2),
      };
    },
  });
  expect([...(await listing.entries(segment, "user", ["ana", "bob", "eve"])).keys()]).toEqual([
    "ana",
    "bob",
    "eve",
  ]);
  expect(asked).toEqual([3, 1]);
});

describe("forgetting a context", () => {
  const context = { contextKind: "user", contextKey: "ana", segments: [segment] };
  const holding: TableReadingCalls["batchGet"] = async (addresses) => ({
    kind: "answered",
    items: addresses.map(removalAt),
    unprocessed: [],
  });

  test("deletes only the removal that it has read, or finds it gone", async () => {
    const { listing } = scripted({
      batchGet: holding,
      deleteIf: async (deletion) => {
        expect(deletion).toEqual({
          address: entryAddress(segment, "user", "ana"),
          condition: "attribute_not_exists(#pk) OR (#version = :version AND #action = :action)",
          names: { "#pk": "pk", "#version": "version", "#action": "action" },
          values: { ":version": { S: "1,2,3,id" }, ":action": { S: "remove" } },
        });
        return { kind: "answered" };
      },
    });
    expect(await listing.forgetEntries(context)).toEqual([{ segment, outcome: "deleted" }]);
  });

  test("says so when a newer operation came between", async () => {
    const { listing } = scripted({
      batchGet: holding,
      deleteIf: async () => ({ kind: "condition-failed" }),
    });
    expect(await listing.forgetEntries(context)).toEqual([{ segment, outcome: "changed" }]);
  });

  test("repeats a deletion without an answer, because its condition names what it deletes", async () => {
    let calls = 0;
    const { listing } = scripted({
      batchGet: holding,
      deleteIf: async () => {
        calls += 1;
        return calls === 1 ? unanswered : { kind: "answered" };
      },
    });
    expect(await listing.forgetEntries(context)).toEqual([{ segment, outcome: "deleted" }]);
    expect(calls).toBe(2);
  });
});
