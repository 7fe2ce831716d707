import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { stubAws } from "../../test/support/aws-environment.ts";
import { type LocalTable, startLocalTable } from "../../test/support/local-table.ts";
import { dynamoLedger } from "../audience/ledger/dynamodb-entries.ts";
import { dynamoListing } from "../audience/ledger/dynamodb-listing.ts";
import { entryAddress, holdAddress } from "../audience/ledger/keys.ts";
import type { Ledger } from "../audience/ledger/ledger.ts";
import { listingContract } from "../audience/ledger/listing.contract.ts";
import type { LedgerListing, ReadSoFar, ScannedItem } from "../audience/ledger/listing.ts";
import { ForeignItemError } from "../table/item.ts";
import { createDynamoCalls } from "./dynamodb.ts";
import { createTableReadingCalls } from "./dynamodb-reading.ts";

/** The listing with the SDK's own client against dynalite: beside the client, because only lib/aws opens one. */
type Opened = { readonly local: LocalTable; readonly ledger: Ledger; readonly listing: LedgerListing };

async function openTable(): Promise<Opened> {
  const local = await startLocalTable();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", local.endpoint);
  stubAws();
  const ports = { now: () => 1_800_000_000_000, sleep: async () => {}, random: Math.random };
  const client = new DynamoDBClient({ endpoint: local.endpoint });
  return {
    local,
    ledger: dynamoLedger({
      calls: createDynamoCalls({ table: local.table, timeoutMs: 10_000 }),
      ports,
      writeTimeoutMs: 20_000,
    }),
    listing: dynamoListing({
      calls: createTableReadingCalls({ client, table: local.table }),
      ports,
      itemsPerPage: 60,
    }),
  };
}

describe("of many segments", () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await openTable();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await opened.local.stop();
  });
  listingContract("DynamoDB", async () => opened);
});

describe("what lies in the table", () => {
  // Nearly empty, so that a scan is one call.
  let opened: Opened;
  beforeAll(async () => {
    opened = await openTable();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await opened.local.stop();
  });
  const stored = { version: { S: "1,2,3,id" }, action: { S: "remove" }, n: { N: "4" }, at: { N: "5" } };
  const put = ({ pk, sk }: { pk: string; sk: string }, attributes: object) =>
    opened.local.put({ pk: { S: pk }, sk: { S: sk }, ...attributes });
  const foreign = async () =>
    (await scanned()).flatMap((item) => (item.kind === "foreign" ? [item.problem] : []));
  const scanned = async () => {
    const found: ScannedItem[] = [];
    for await (const item of opened.listing.scan()) found.push(item);
    return found;
  };

  test("counts after its end as long as DynamoDB has not deleted it", async () => {
    const segment = { environment: "expired", segment: "list/vip" };
    await put(entryAddress(segment, "user", "ana"), { ...stored, expires: { N: "1" } });
    const found = [];
    for await (const item of opened.listing.members(segment, "user")) found.push(item);
    expect(found).toEqual([
      { key: "ana", entry: { version: [1, 2, 3, "id"], action: "remove", n: 4, at: 5 } },
    ]);
  });

  const segment = { environment: "foreign", segment: "list/vip" };
  const ana = entryAddress(segment, "user", "ana");
  test.each([
    { what: "of no partition of ours", at: { pk: "cursor", sk: "ana" }, attributes: stored, names: "'pk'" },
    { what: "in another's shard", at: { ...ana, sk: "bob" }, attributes: stored, names: "'pk'" },
    {
      what: "in the wrong second place",
      at: { ...ana, pk: `${ana.pk}#long` },
      attributes: stored,
      names: "'pk'",
    },
    { what: "beside a hold", at: { ...holdAddress(segment), sk: "ana" }, attributes: stored, names: "'sk'" },
    {
      what: "of a wrong version",
      at: ana,
      attributes: { ...stored, version: { S: "1" } },
      names: "'version'",
    },
    { what: "whose key is a number", at: ana, attributes: { ...stored, key: { N: "1" } }, names: "'key'" },
    { what: "of a hold without n", at: holdAddress(segment), attributes: {}, names: "'n'" },
  ])("an item $what is foreign in a scan, which goes on", async ({ at, attributes, names }) => {
    await put(at, attributes);
    const problems = await foreign();
    await opened.local.remove(at.pk, at.sk);
    expect(problems).toEqual([expect.stringContaining(names)]);
    expect(problems.join()).not.toMatch(/ana|bob/);
  });

  test("is refused where members are asked for and Flagbridge did not write it", async () => {
    const broken = { environment: "broken", segment: "list/vip" };
    const at = entryAddress(broken, "user", "ana");
    await put(at, { ...stored, action: { S: "added" } });
    await expect(opened.listing.members(broken, "user")[Symbol.asyncIterator]().next()).rejects.toThrow(
      ForeignItemError,
    );
    await opened.local.remove(at.pk, at.sk);
  });

  test("costs read units by its size, and a scan half of them", async () => {
    const priced = { environment: "priced", segment: "list/vip" };
    const entry = { version: [1, 2, 3, "v".repeat(7_000)], action: "add", n: 1, at: 1 } as const;
    await opened.ledger.writeEntries(priced, "user", new Map([["ana", entry]]));
    let units = 0;
    const onRead = ({ readUnits }: ReadSoFar) => {
      units = readUnits;
    };
    for await (const _ of opened.listing.members(priced, "user", { onRead }));
    expect(units).toBe(2);
    for await (const _ of opened.listing.scan({ segmentsAtATime: 1, onProgress: onRead }));
    expect(units).toBe(1);
  });
});
