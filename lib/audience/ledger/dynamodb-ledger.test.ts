import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { stubAws } from "../../../test/support/aws-environment.ts";
import { type LocalTable, startLocalTable } from "../../../test/support/local-table.ts";
import { createDynamoCalls } from "../../aws/dynamodb.ts";
import { dynamoLedger } from "./dynamodb-entries.ts";
import { entryAddress, holdAddress } from "./keys.ts";
import { ledgerContract } from "./ledger.contract.ts";
import type { Entry, Ledger } from "./ledger.ts";

let local: LocalTable;
let ledger: Ledger;
const nowMs = 1_800_000_000_000;

beforeAll(async () => {
  local = await startLocalTable();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", local.endpoint);
  stubAws();
  ledger = dynamoLedger({
    calls: createDynamoCalls({ table: local.table, timeoutMs: 10_000 }),
    ports: { now: () => nowMs, sleep: async () => {}, random: Math.random },
    writeTimeoutMs: 20_000,
  });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await local.stop();
});

ledgerContract("DynamoDB", async () => ledger);

describe("what lies in the table", () => {
  const segment = { environment: "production", segment: "beta" };
  const entry: Entry = { version: [1, 2, 3, "id"], action: "add", n: 4, at: 5 };
  const stored = (key: string) => {
    const { pk, sk } = entryAddress(segment, "user", key);
    return local.item(pk, sk);
  };

  test("an added entry has no end", async () => {
    await ledger.writeEntries(segment, "user", new Map([["ana", entry]]));
    expect(await stored("ana")).toEqual({
      ...keyAttributes(entryAddress(segment, "user", "ana")),
      version: { S: "1,2,3,id" },
      action: { S: "add" },
      n: { N: "4" },
      at: { N: "5" },
    });
  });

  test("a removed entry expires 60 days after it was written, and adding the member again takes that back", async () => {
    await ledger.writeEntries(segment, "user", new Map([["bob", { ...entry, action: "remove" }]]));
    expect(await stored("bob")).toMatchObject({
      action: { S: "remove" },
      expires: { N: String(nowMs / 1_000 + 60 * 86_400) },
    });
    await ledger.writeEntries(segment, "user", new Map([["bob", entry]]));
    expect(await stored("bob")).not.toHaveProperty("expires");
  });

  test("an entry that has expired counts until DynamoDB deletes it", async () => {
    await local.put({
      ...keyAttributes(entryAddress(segment, "user", "eve")),
      version: { S: "1,2,3,id" },
      action: { S: "remove" },
      n: { N: "4" },
      at: { N: "5" },
      expires: { N: "1" },
    });
    expect(await ledger.readEntries(segment, "user", ["eve"])).toEqual(
      new Map([["eve", { ...entry, action: "remove" }]]),
    );
  });

  test("a key too long for the table is kept beside its hash", async () => {
    const key = "k".repeat(2_000);
    await ledger.writeEntries(segment, "user", new Map([[key, entry]]));
    expect(await stored(key)).toMatchObject({ key: { S: key } });
  });

  describe("the entry of a key that shares its home with another", () => {
    const long = "l".repeat(1_500);
    const short = createHash("sha256").update(long).digest("hex");
    const home = (kind: string) => entryAddress(segment, kind, short);
    const attributes = { version: { S: "1,2,3,id" }, action: { S: "add" }, n: { N: "4" }, at: { N: "5" } };
    const other: Entry = { ...entry, action: "remove", n: 9 };

    test.each([
      { whose: "long", there: long, comes: short, key: { key: { S: long } } },
      { whose: "short", there: short, comes: long, key: {} },
    ])("that of the $whose one stays where it is, and the other goes elsewhere", async (row) => {
      const { pk, sk } = home(row.whose);
      const item = { pk: { S: pk }, sk: { S: sk }, ...attributes, ...row.key };
      await local.put(item);
      expect(await ledger.readEntries(segment, row.whose, [long, short])).toEqual(
        new Map([[row.there, entry]]),
      );
      await ledger.writeEntries(segment, row.whose, new Map([[row.comes, other]]));
      expect(await local.item(pk, sk)).toEqual(item);
      expect(await ledger.readEntries(segment, row.whose, [long, short])).toEqual(
        new Map([
          [row.there, entry],
          [row.comes, other],
        ]),
      );
      await ledger.writeEntries(segment, row.whose, new Map([[row.there, { ...entry, n: 5 }]]));
      expect(await local.item(pk, sk)).toEqual({ ...item, n: { N: "5" } });
      expect((await ledger.readEntries(segment, row.whose, [row.comes])).get(row.comes)).toEqual(other);
    });

    test("is still found when the one that was at home has expired, and stays there", async () => {
      const { pk, sk } = home("expired");
      await ledger.writeEntries(segment, "expired", new Map([[long, entry]]));
      await ledger.writeEntries(segment, "expired", new Map([[short, other]]));
      await local.remove(pk, sk);
      expect(await ledger.readEntries(segment, "expired", [long, short])).toEqual(new Map([[short, other]]));
      await ledger.writeEntries(segment, "expired", new Map([[short, entry]]));
      expect(await local.item(pk, sk)).toBeUndefined();
      expect(await ledger.readEntries(segment, "expired", [short])).toEqual(new Map([[short, entry]]));
    });
  });

  test("a key that UTF-8 cannot hold is read back by what it became", async () => {
    await ledger.writeEntries(segment, "user", new Map([["half \ud83e", entry]]));
    expect([...(await ledger.readEntries(segment, "user", ["half \ud83e"])).keys()]).toEqual(["half \ud83e"]);
  });

  test("an item that Flagbridge did not write is refused and named by its attribute", async () => {
    await local.put({
      ...keyAttributes(entryAddress(segment, "user", "foreign")),
      version: { S: "1,2,3,id" },
      action: { S: "add" },
      n: { N: "1.5" },
      at: { N: "5" },
    });
    await expect(ledger.readEntries(segment, "user", ["foreign"])).rejects.toThrow(
      "unexpected 'n': expected a whole number",
    );
  });
});

describe("a released hold", () => {
  test("keeps its number and nothing else, so that no number is used twice", async () => {
    const segment = { environment: "production", segment: "kept" };
    const answer = await ledger.takeHold(segment, nowMs, 60_000);
    if (answer.kind !== "taken") throw new Error("the hold was busy");
    await ledger.releaseHold(answer.hold, "clean");
    const address = holdAddress(segment);
    expect(await local.item(address.pk, address.sk)).toEqual({ ...keyAttributes(address), n: { N: "1" } });
  });

  test("is released also when it had expired, as long as nobody took it over", async () => {
    const segment = { environment: "production", segment: "expired" };
    const answer = await ledger.takeHold(segment, nowMs, 1);
    if (answer.kind !== "taken") throw new Error("the hold was busy");
    await ledger.releaseHold(answer.hold, "clean");
    expect(await ledger.takeHold(segment, nowMs + 60_000, 60_000)).toMatchObject({
      hold: { n: 2, dirty: 0 },
    });
  });
});

test("a renewal that lands after a later one does not shorten it", async () => {
  const segment = { environment: "production", segment: "late renewal" };
  const answer = await ledger.takeHold(segment, nowMs, 60_000);
  if (answer.kind !== "taken") throw new Error("the hold was busy");
  await ledger.renewHold(answer.hold, nowMs + 20_000, 60_000);
  expect(await ledger.renewHold(answer.hold, nowMs + 10_000, 60_000)).toBe("lost");
  expect(await ledger.takeHold(segment, nowMs + 79_999, 60_000)).toMatchObject({ kind: "busy" });
});

function keyAttributes({ pk, sk }: { readonly pk: string; readonly sk: string }) {
  return { pk: { S: pk }, sk: { S: sk } };
}
