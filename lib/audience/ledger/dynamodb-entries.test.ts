import { describe, expect, test } from "vitest";
import type { DynamoCalls, PassingFailure } from "../../table/calls.ts";
import { type Address, ForeignItemError, type Item } from "../../table/item.ts";
import { LedgerUnavailableError, MAX_ATTEMPTS } from "./dynamodb-attempts.ts";
import { dynamoEntries } from "./dynamodb-entries.ts";
import type { Entry } from "./ledger.ts";

const segment = { environment: "production", segment: "beta" };
const entry: Entry = { version: [1, 2, 3, "id"], action: "add", n: 4, at: 5 };
const unavailable: PassingFailure = { kind: "unavailable", cause: new Error("ThrottlingException") };
const unanswered: PassingFailure = { kind: "unanswered", cause: new Error("socket hang up") };
const members = (count: number) =>
  new Map(Array.from({ length: count }, (_, index) => [`member-${index}`, entry]));

/** A table that answers as the test says, with a clock that only its own waiting moves. */
function scripted(answers: Partial<Pick<DynamoCalls, "batchGet" | "batchWrite">>, { callMs = 0 } = {}) {
  let nowMs = 0;
  const pauses: number[] = [];
  const never = async (): Promise<never> => {
    throw new Error("not called in this test");
  };
  const taking =
    <Asked, Answer>(call: (asked: Asked) => Promise<Answer>) =>
    async (asked: Asked) => {
      nowMs += callMs;
      return call(asked);
    };
  const entries = dynamoEntries({
    calls: {
      timeoutMs: 100,
      get: never,
      update: never,
      batchGet: taking(answers.batchGet ?? never),
      batchWrite: taking(answers.batchWrite ?? never),
    },
    ports: {
      now: () => nowMs,
      random: () => 0.5,
      sleep: async (ms) => {
        pauses.push(ms);
        nowMs += ms;
      },
    },
    writeTimeoutMs: 1_000,
  });
  return { entries, pauses };
}

const addressOf = (item: Item): Address => ({ pk: textOf(item, "pk"), sk: textOf(item, "sk") });
const textOf = (item: Item, name: string): string => {
  const attribute = item[name];
  return attribute && "S" in attribute ? attribute.S : "";
};

describe("writing entries", () => {
  test("sends what DynamoDB left unprocessed again, and nothing else", async () => {
    const sizes: number[] = [];
    const { entries, pauses } = scripted({
      batchWrite: async (items) => {
        sizes.push(items.length);
        return { kind: "answered", unprocessed: items.slice(10).map(addressOf) };
      },
    });
    await entries.writeEntries(segment, "user", members(25));
    expect(sizes).toEqual([25, 15, 5]);
    expect(pauses).toEqual([25, 50]);
  });

  test("waits longer each time that DynamoDB cannot, and gives up after six attempts", async () => {
    const { entries, pauses } = scripted({ batchWrite: async () => unavailable });
    await expect(entries.writeEntries(segment, "user", members(1))).rejects.toThrow(LedgerUnavailableError);
    expect(pauses).toEqual([25, 50, 100, 200, 400]);
  });

  test("never repeats a write that got no answer, because the first may still land", async () => {
    let calls = 0;
    const { entries } = scripted({
      batchWrite: async () => {
        calls += 1;
        return unanswered;
      },
    });
    await expect(entries.writeEntries(segment, "user", members(1))).rejects.toThrow("did not answer a write");
    expect(calls).toBe(1);
  });

  test("starts no call that could end after the time for writing is over", async () => {
    let calls = 0;
    const { entries } = scripted(
      {
        batchWrite: async () => {
          calls += 1;
          return { kind: "answered", unprocessed: [] };
        },
      },
      { callMs: 90 },
    );
    await expect(entries.writeEntries(segment, "user", members(25 * 40))).rejects.toThrow(
      "was not written in full",
    );
    expect(calls).toBeGreaterThan(5);
    expect(calls).toBeLessThan(16);
  });

  test("runs at most four calls at a time", async () => {
    let running = 0;
    let most = 0;
    const { entries } = scripted({
      batchWrite: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        return { kind: "answered", unprocessed: [] };
      },
    });
    await entries.writeEntries(segment, "user", members(400));
    expect(most).toBe(4);
  });

  test("ends only when every call that it started has ended, also when one fails", async () => {
    let running = 0;
    let calls = 0;
    const { entries } = scripted({
      batchWrite: async () => {
        calls += 1;
        if (calls === 1) return unanswered;
        running += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        return { kind: "answered", unprocessed: [] };
      },
    });
    await expect(entries.writeEntries(segment, "user", members(400))).rejects.toThrow(LedgerUnavailableError);
    expect({ running, calls }).toEqual({ running: 0, calls: 4 });
  });
});

describe("reading entries", () => {
  test("asks again for the keys that DynamoDB left unprocessed", async () => {
    const asked: number[] = [];
    const { entries } = scripted({
      batchGet: async (addresses) => {
        asked.push(addresses.length);
        const items = addresses.slice(0, 2).map(({ pk, sk }) => storedAt(pk, sk));
        return { kind: "answered", items, unprocessed: addresses.slice(2) };
      },
    });
    expect(await entries.readEntries(segment, "user", [...members(5).keys()])).toEqual(members(5));
    expect(asked).toEqual([5, 3, 1]);
  });

  test("repeats a call without an answer, because a read changes nothing", async () => {
    let calls = 0;
    const { entries } = scripted({
      batchGet: async () => {
        calls += 1;
        return calls < 3 ? unanswered : { kind: "answered", items: [], unprocessed: [] };
      },
    });
    expect((await entries.readEntries(segment, "user", ["ana"])).size).toBe(0);
  });

  test("gives up after six attempts and keeps the cause", async () => {
    let calls = 0;
    const { entries } = scripted({
      batchGet: async () => {
        calls += 1;
        return unavailable;
      },
    });
    await expect(entries.readEntries(segment, "user", ["ana"])).rejects.toMatchObject({
      cause: unavailable.cause,
    });
    expect(calls).toBe(MAX_ATTEMPTS);
  });

  test("asks for a key once however often it is named", async () => {
    const asked: number[] = [];
    const { entries } = scripted({
      batchGet: async (addresses) => {
        asked.push(addresses.length);
        return { kind: "answered", items: [], unprocessed: [] };
      },
    });
    await entries.readEntries(segment, "user", ["ana", "ana", "bob"]);
    expect(asked).toEqual([2]);
  });

  test.each([
    ["version", { S: "yesterday" }],
    ["version", { S: "1e3,2,3,id" }],
    ["version", { S: `${"9".repeat(20)},2,3,id` }],
    ["action", { S: "added" }],
    ["n", { N: "0" }],
    ["at", { S: "5" }],
  ])("refuses an item whose %s is %o", async (name, attribute) => {
    const { entries } = scripted({
      batchGet: async ([address]) => ({
        kind: "answered",
        items: address ? [{ ...storedAt(address.pk, address.sk), [name]: attribute }] : [],
        unprocessed: [],
      }),
    });
    const reading = entries.readEntries(segment, "user", ["ana"]);
    await expect(reading).rejects.toThrow(ForeignItemError);
    await expect(reading).rejects.toThrow(`'${name}'`);
  });
});

function storedAt(pk: string, sk: string) {
  return {
    pk: { S: pk },
    sk: { S: sk },
    version: { S: "1,2,3,id" },
    action: { S: "add" },
    n: { N: "4" },
    at: { N: "5" },
  };
}

describe("what a key costs", () => {
  /** An empty table that counts the keys it is asked for. */
  function counting() {
    const read: number[] = [];
    const { entries } = scripted({
      batchGet: async (addresses) => {
        read.push(addresses.length);
        return { kind: "answered", items: [], unprocessed: [] };
      },
      batchWrite: async () => ({ kind: "answered", unprocessed: [] }),
    });
    return { entries, read };
  }

  test("is one read, and none to be written", async () => {
    const { entries, read } = counting();
    await entries.readEntries(segment, "user", ["ana"]);
    await entries.writeEntries(segment, "user", members(1));
    expect(read).toEqual([1]);
  });

  test("is one read more where it looks like a digest and has no entry, and none to be written after it was read", async () => {
    const { entries, read } = counting();
    const key = "a".repeat(64);
    await entries.readEntries(segment, "user", [key, "ana"]);
    expect(read).toEqual([2, 1]);
    await entries.writeEntries(segment, "user", new Map([[key, entry]]));
    expect(read).toEqual([2, 1]);
  });

  test("is no longer remembered once it was written, so that it is never written where another's entry may be", async () => {
    const { entries, read } = counting();
    const key = "a".repeat(64);
    await entries.writeEntries(segment, "user", new Map([[key, entry]]));
    await entries.writeEntries(segment, "user", new Map([[key, entry]]));
    expect(read).toEqual([1, 1, 1, 1]);
  });
});
