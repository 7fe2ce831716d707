import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type SegmentsStack, startSegmentsStack, until } from "../support/segments-stack.ts";

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000 });

let segments: SegmentsStack;

beforeAll(async () => {
  segments = await startSegmentsStack();
}, 120_000);

afterAll(() => segments.stop());

async function listed() {
  const { code, stdout, stderr } = await segments.flagbridge("segments", "--json");
  return { code, stderr, segments: JSON.parse(stdout).segments };
}

test("a ledger without segments is an empty list", async () => {
  expect(await listed()).toMatchObject({ code: 0, segments: [] });
});

test("each segment of the ledger is listed with its members by kind", async () => {
  await segments.send(
    "list",
    { segment: "Beta testers", key: "ana", action: "add" },
    { segment: "Beta testers", key: "bob", action: "add" },
    { segment: "Beta testers", key: "tv-1", action: "add", kind: "device" },
    { segment: "Beta testers", key: "eve", action: "remove" },
  );
  await segments.send("synced", { segment: "vip", key: "ana", action: "add" });
  const isDone = ({ segments: some }: Awaited<ReturnType<typeof listed>>) =>
    some.length === 2 &&
    some.every(
      ({ kinds, hold }: { kinds: object; hold: unknown }) => Object.keys(kinds).length > 0 && hold === null,
    ) &&
    some[0].kinds.user === 2;
  const { code, segments: known, stderr } = await until(listed, isDone);
  expect(code).toBe(0);
  const changedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(known).toEqual([
    {
      environment: "production",
      writer: "list",
      id: expect.stringMatching(/^Beta-testers-[0-9a-f]{8}$/),
      kinds: { device: 1, user: 2 },
      changedAt,
      hold: null,
    },
    { environment: "production", writer: "synced", id: "vip", kinds: { user: 1 }, changedAt, hold: null },
  ]);
  expect(stderr).toMatch(/Read 7 items of the ledger: [\d.]+ read units \(less than a cent\)\./);
});

test("a person reads a table, with totals when asked", async () => {
  const { code, stdout } = await segments.flagbridge("segments", "--count");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^environment +writer +segment +members +last change +held$/m);
  expect(stdout).toMatch(/^production +synced, segment-audiences +vip +1 user/m);
  expect(stdout).toContain("production: segments 2, members 4");
});

test("a segment that is stalled says until when", async () => {
  await segments.orderFault({ fault: "applied-not-answered" });
  await segments.send("synced", { segment: "vip", key: "bob", action: "add" });
  const { segments: known } = await until(listed, (answer) => answer.segments[1]?.hold?.kind === "stalled");
  expect(known[1].hold).toEqual({ kind: "stalled", until: expect.stringMatching(/^\d{4}-.*Z$/) });
});
