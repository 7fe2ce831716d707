import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDynamoCalls } from "../../../lib/aws/dynamodb.ts";
import type { DynamoCalls } from "../../../lib/table/calls.ts";
import { stubAws } from "../../../test/support/aws-environment.ts";
import { type LocalTable, startLocalTable } from "../../../test/support/local-table.ts";
import { type Cursors, CursorsUnavailableError } from "./cursor.ts";
import { cursorsContract } from "./cursors.contract.ts";
import { dynamoCursors } from "./dynamodb.ts";

let local: LocalTable;
let cursors: Cursors;

beforeAll(async () => {
  local = await startLocalTable();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", local.endpoint);
  stubAws();
  cursors = dynamoCursors(createDynamoCalls({ table: local.table, timeoutMs: 10_000 }), () => 1_000_000);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await local.stop();
});

cursorsContract("DynamoDB", async () => cursors);

test.each([
  ["a state that is no JSON", { n: { N: "1" }, state: { S: "{" } }],
  ["a state without a time", { n: { N: "1" }, state: { S: '{"queued":[]}' } }],
  ["no count of writes", { state: { S: '{"sweptUntil":1,"queued":[]}' } }],
])("an item with %s is refused, and the connection named", async (_, attributes) => {
  await local.put({ pk: { S: "foreign" }, sk: { S: "spec" }, ...attributes });
  await expect(cursors.read({ connection: "foreign", spec: "spec" })).rejects.toThrow(
    /the cursor of connection "foreign" is none that Flagbridge wrote/,
  );
});

test("a cursor is kept for 400 days after its last write", async () => {
  const written: unknown[] = [];
  const calls: Pick<DynamoCalls, "get" | "update"> = {
    get: async () => ({ kind: "answered", item: undefined }),
    update: async ({ values }) => {
      written.push(values[":expires"]);
      return { kind: "answered", item: {} };
    },
  };
  const key = { connection: "one", spec: "spec" };
  await dynamoCursors(calls, () => 86_400_000).write(key, { sweptUntil: 1, queued: [] }, 0);
  expect(written).toEqual([{ N: String(401 * 86_400) }]);
});

test.each(["unavailable", "unanswered"] as const)(
  "a table that is %s is an error of its own kind",
  async (kind) => {
    const failing = async () => ({ kind, cause: new Error("throttled") });
    const calls: Pick<DynamoCalls, "get" | "update"> = { get: failing, update: failing };
    const key = { connection: "one", spec: "spec" };
    await expect(dynamoCursors(calls, () => 0).read(key)).rejects.toThrow(CursorsUnavailableError);
    await expect(dynamoCursors(calls, () => 0).write(key, { sweptUntil: 1, queued: [] }, 0)).rejects.toThrow(
      kind,
    );
  },
);
