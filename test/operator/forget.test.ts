import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { packAudienceOperations } from "../../lib/messages/pack.ts";
import { readLetters } from "../../operator/dead-letters/walk.ts";
import { openTarget, type Target } from "../../operator/target.ts";
import { untilQueuesAreEmpty } from "../support/empty-queues.ts";
import { type SegmentsStack, startSegmentsStack, until } from "../support/segments-stack.ts";

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 180_000 });

/** Over 1,024 bytes: the ledger has its hash, and the key beside it. */
const LONG = "x".repeat(1_100);
const SEGMENTS = [
  { writer: "big", integration: "big", id: "Big spenders" },
  { writer: "list", integration: "list", id: "testers" },
  { writer: "synced", integration: "segment-audiences", id: "Big spenders" },
] as const;
const BIG_KEY = "Big-spenders-80123e97";

let segments: SegmentsStack;
let target: Target;

beforeAll(async () => {
  segments = await startSegmentsStack();
  target = await openTarget({ url: segments.stack.url, environment: {} });
  for (const { writer, id } of SEGMENTS)
    await segments.send(
      writer,
      ...["ana", "bob", LONG].map((key) => ({ segment: id, key, action: "add" as const })),
    );
  await untilQueuesAreEmpty(segments.stack.url);
}, 120_000);

afterAll(() => segments.stop());

async function forget(...options: readonly string[]) {
  const { code, stdout, stderr } = await segments.flagbridge("forget", "--json", ...options);
  return { code, stderr, report: stdout === "" ? undefined : JSON.parse(stdout) };
}

/** The segments that have a person, by what the sandbox calls their kind. */
async function segmentsWith(key: string): Promise<readonly string[]> {
  const found = await Promise.all(
    SEGMENTS.map(async ({ integration, id }) => {
      const name = integration === "big" ? BIG_KEY : id;
      return (await segments.membersOf(integration, name)).includes(key) ? [integration] : [];
    }),
  );
  return found.flat();
}

const audienceQueue = () => {
  const [queue] = target.queues;
  if (!queue) throw new Error("the stack has no queue");
  return queue;
};

/** A message about people, as ingest packs it. */
function messageAbout(...keys: readonly string[]): string {
  const operations = keys.map((contextKey, index) => ({
    segment: { id: "Big spenders", name: "Big spenders" },
    contextKind: "user",
    contextKey,
    action: "add" as const,
    version: [Date.now() - 60_000, Date.now(), index, "m"] as const,
  }));
  const [body = ""] = packAudienceOperations({ connection: "synced", acceptedAt: Date.now(), operations });
  return body;
}

const attributes = { reason: "refused-by-launchdarkly", cause: "of a test", connection: "synced" };
async function deadLetters() {
  const choice = { queue: undefined, reason: undefined, connection: undefined };
  const letters = await readLetters({ bundle: target, choice, limit: 100 }, target.calls.letters);
  return letters.map(({ reason, body }) => ({
    reason,
    keys: JSON.parse(body).operations.map(({ key }: { readonly key: string }) => key),
  }));
}

test("without a terminal and without --yes nothing is done, and it says what would be", async () => {
  const { code, stderr } = await forget("--key", "ana");
  expect(code).toBe(2);
  expect(stderr).toContain("user ana is in 3 of 3 segments:");
  expect(stderr).toContain(`${BIG_KEY} of production (big)`);
  expect(stderr).toContain("Add --yes");
  expect(await segmentsWith("ana")).toHaveLength(3);
});

test("a person leaves every segment and every dead letter, and others stay", async () => {
  const dead = [messageAbout("ana"), messageAbout("ana", "bob"), messageAbout("bob")];
  await target.calls.queues.sendToQueue(
    audienceQueue().deadLetters.url,
    dead.map((body) => ({ body, attributes })),
  );

  const { code, report } = await forget("--key", "ana", "--yes");

  expect(report).toEqual({
    removed: expect.arrayContaining([
      { environment: "production", writer: "big", segment: BIG_KEY },
      { environment: "production", writer: "list", segment: "testers" },
      { environment: "production", writer: "synced", segment: "Big spenders" },
    ]),
    deadLetters: 2,
    pending: 0,
    confirmed: true,
  });
  expect(report.removed).toHaveLength(3);
  expect(code).toBe(0);
  expect(await segmentsWith("ana")).toEqual([]);
  expect(await segmentsWith("bob")).toHaveLength(3);
  const { reason } = attributes;
  expect((await deadLetters()).sort((a, b) => a.keys.length - b.keys.length)).toEqual([
    { reason, keys: ["bob"] },
    { reason, keys: ["bob"] },
  ]);
});

test("nothing older brings the person back, and a second run has nothing to do", async () => {
  const at = new Date(Date.now() - 3_600_000).toISOString();
  for (const { writer, id } of SEGMENTS)
    await segments.send(writer, { segment: id, key: "ana", action: "add", at });
  await untilQueuesAreEmpty(segments.stack.url);
  expect(await segmentsWith("ana")).toEqual([]);
  const { code, report } = await forget("--key", "ana");
  expect(code).toBe(0);
  expect(report).toEqual({ removed: [], deadLetters: 0, pending: 0, confirmed: true });
});

test("a key that is too long for the table is forgotten as any other, and the report says what is left", async () => {
  const { code, stdout } = await segments.flagbridge("forget", "--key", LONG, "--yes");
  expect(code).toBe(0);
  expect(await segmentsWith(LONG)).toEqual([]);
  expect(stdout).toContain("removed from testers of production (list)");
  expect(stdout).toContain("LaunchDarkly was read back");
  expect(stdout).toMatch(
    /removals in the ledger, .*: 3, until \d{4}-\d\d-\d\d, or at once with --delete-removals/,
  );
  expect(stdout).toMatch(/backups of the ledger .*: until \d{4}-\d\d-\d\d/);
  expect(stdout).toContain("PostHog's person");
});

test("whom somebody has added in LaunchDarkly by hand is removed as well", async () => {
  const change = { included: { add: ["ana"], remove: [] } };
  await segments.launchdarkly("POST", `/api/v2/segments/web/production/${BIG_KEY}/contexts`, change);
  const { code, report } = await forget("--key", "ana", "--yes");
  expect(report).toMatchObject({ removed: [{ writer: "big", segment: BIG_KEY }], confirmed: true });
  expect(code).toBe(0);
  expect(await segmentsWith("ana")).toEqual([]);
});

test("while the function is paused, waiting messages lose the person, and nothing is confirmed", async () => {
  await segments.flagbridge("pause", "audience-batcher");
  const { url } = audienceQueue();
  // The poll that was open when it was paused still takes what comes first.
  await until(
    async () => {
      await target.calls.queues.sendToQueue(url, [{ body: messageAbout("kim") }]);
      return target.calls.countQueue(url);
    },
    ({ waiting }) => waiting > 0,
  );
  const waiting = [messageAbout("bob"), messageAbout("eve"), messageAbout("bob", "zoe")];
  const sent = await target.calls.queues.sendToQueue(
    url,
    waiting.map((body) => ({ body, groupId: "synced" })),
  );
  expect(sent.every(({ kind }) => kind === "confirmed")).toBe(true);

  const { code, report, stderr } = await forget("--key", "bob", "--yes");

  expect(report).toMatchObject({ removed: [], pending: 2, confirmed: false });
  expect(code).toBe(1);
  expect(stderr).toContain("audience-batcher is paused");
  await segments.flagbridge("resume", "audience-batcher");
  await untilQueuesAreEmpty(segments.stack.url);
  expect(await segments.membersOf("segment-audiences", "Big spenders")).toEqual(
    expect.arrayContaining(["eve", "zoe"]),
  );
  const again = await forget("--key", "bob", "--yes");
  expect(again.report).toMatchObject({ removed: [], confirmed: true });
  expect(await segmentsWith("bob")).toEqual([]);
});

test("the removals can be deleted from the ledger at once", async () => {
  const { code } = await forget("--key", "bob", "--yes", "--delete-removals");
  expect(code).toBe(0);
  const { stdout } = await segments.flagbridge(
    ...["explain", "--segment", "testers", "--key", "bob", "--json"],
  );
  expect(JSON.parse(stdout).destinations).toMatchObject([{ ledger: null, launchdarkly: { member: false } }]);
});

test("a dead letter that somebody else has in hand is not taken for none", async () => {
  const { url } = audienceQueue().deadLetters;
  await target.calls.queues.sendToQueue(url, [{ body: messageAbout("lee"), attributes, groupId: "synced" }]);
  const [held] = await target.calls.letters.receive(url, { visibilitySeconds: 5, waitSeconds: 1 });
  const { code, report } = await forget("--key", "lee", "--yes");
  expect(held).toBeDefined();
  expect({ code, ...report }).toMatchObject({ code: 0, deadLetters: 1, confirmed: true });
});

test("LaunchDarkly that does not say who is in a segment confirms nothing", async () => {
  await segments.send("list", { segment: "testers", key: "kim", action: "add" });
  await until(
    () => segments.membersOf("list", "testers"),
    (members) => members.includes("kim"),
  );
  await segments.orderFault({ fault: "status", status: 403, times: 1_000 });
  const { code, report } = await forget("--key", "kim", "--yes", "--wait", "1");
  await segments.clearFaults();
  expect(code).toBe(1);
  expect(report.confirmed).toBe(false);
});

test("while an operation that may be about the person is delayed, nothing is confirmed", async () => {
  const { url } = audienceQueue();
  await target.calls.queues.sendToQueue(url, [
    { body: messageAbout("lou"), attributes: {}, groupId: "synced", delaySeconds: 60 },
  ]);
  const { code, report, stderr } = await forget("--key", "lou", "--yes");
  expect({ code, ...report }).toMatchObject({ code: 1, confirmed: false });
  expect(stderr).toContain("delayed");
});

test("what the stack has written holds no context key", () => {
  expect(segments.stack.stderr() + segments.stack.stdout()).not.toMatch(/"(ana|bob|kim|lee|lou)"|x{100}/);
});
