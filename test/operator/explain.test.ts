import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type SegmentsStack, startSegmentsStack, until } from "../support/segments-stack.ts";

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000 });

let segments: SegmentsStack;

beforeAll(async () => {
  segments = await startSegmentsStack();
}, 120_000);

afterAll(() => segments.stop());

/** What `--json` says of a member of a segment of one connection. */
async function explained(connection: string, ...options: readonly string[]) {
  const { code, stdout, stderr } = await segments.flagbridge(
    "explain",
    ...["--connection", connection, "--json"],
    ...options,
  );
  return { code, stderr, answer: code === 0 ? JSON.parse(stdout) : undefined };
}

const added = (writer: string, key: string) =>
  until(
    () => explained(writer, "--segment", "vip", "--key", key),
    ({ answer }) => answer?.destinations[0]?.ledger?.action === "add",
  );

describe.each([
  { writer: "big", how: "context" },
  { writer: "list", how: "targets" },
  { writer: "synced", how: "context" },
])("a member of a $writer segment", ({ writer, how }) => {
  const segment = `of-${writer}`;

  test("who was added is explained by the ledger, with which LaunchDarkly agrees", async () => {
    const at = "2026-01-02T03:04:05.000Z";
    await segments.send(writer, { segment, key: "ana", action: "add", at, id: "m-42" });
    const { answer } = await until(
      () => explained(writer, "--segment", segment, "--key", "ana"),
      (one) => one.answer?.destinations[0]?.ledger !== null && one.answer !== undefined,
    );
    expect(answer).toEqual({
      context: { kind: "user", key: "ana" },
      segment: { id: segment },
      destinations: [
        {
          environment: "production",
          writer,
          ledger: {
            action: "add",
            at,
            id: expect.stringContaining("m-42"),
            acceptedAt: expect.stringMatching(/^\d{4}-.*Z$/),
            acknowledgedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          },
          launchdarkly: { member: true, how },
          deadLetters: [],
          verdict: expect.stringMatching(
            /^Added by message .*m-42 \(true at 2026-01-02 03:04:05, acknowledged \d\d:\d\d:\d\d\)\. LaunchDarkly agrees\.$/,
          ),
        },
      ],
    });
  });
});

test("a member that nobody has seen is an answer", async () => {
  const { code, answer } = await explained("synced", "--segment", "of-synced", "--key", "nobody");
  expect(code).toBe(0);
  expect(answer.destinations).toMatchObject([
    { ledger: null, launchdarkly: { member: false }, verdict: expect.stringMatching(/^Nobody has said/) },
  ]);
});

test("a key of another context kind is another member", async () => {
  const { answer } = await explained("big", "--segment", "of-big", "--key", "ana", "--kind", "device");
  expect(answer.destinations).toMatchObject([
    { ledger: null, launchdarkly: { member: false, how: "other-context-kind" } },
  ]);
});

test("who was removed in LaunchDarkly by hand is found out, with the command that mends it", async () => {
  await segments.send("list", { segment: "vip", key: "eve", action: "add" });
  await added("list", "eve");
  const patch = {
    environmentKey: "production",
    instructions: [{ kind: "removeIncludedTargets", contextKind: "user", values: ["eve"] }],
  };
  const type = "application/json; domain-model=launchdarkly.semanticpatch";
  await segments.launchdarkly("PATCH", "/api/v2/segments/web/production/vip", patch, type);

  const { stdout } = await segments.flagbridge("explain", "--segment", "vip", "--key", "eve");

  expect(stdout).toContain("LaunchDarkly  not a member (targets)");
  expect(stdout).toContain("`flagbridge diff --segment vip --repair` sends it again.");
});

test("a dead letter that names the member is told, and is there afterwards", async () => {
  const poison = { fault: "poison", contextKey: "bad", on: "segments" };
  await segments.orderFault(poison);
  await segments.send("synced", { segment: "vip", key: "bad", action: "add", id: "m-bad" });
  const ask = () => explained("synced", "--segment", "vip", "--key", "bad");
  const isDead = ({ answer }: Awaited<ReturnType<typeof ask>>) =>
    answer?.destinations[0]?.deadLetters.length === 1;
  const { answer } = await until(ask, isDead);
  expect(answer.destinations[0].deadLetters).toMatchObject([
    {
      queue: "flagbridge-local-audience-operations-production-dead-letters",
      reason: expect.stringMatching(/./),
      action: "add",
      operation: expect.stringContaining("m-bad"),
    },
  ]);
  expect(answer.destinations[0].verdict).toMatch(
    /An addition true at .* is a dead letter .* never took effect/,
  );
  expect(isDead(await ask())).toBe(true);
  await segments.clearFaults();
});

test("LaunchDarkly that does not answer is unknown, and the rest is told", async () => {
  await segments.send("big", { segment: "vip-big", key: "ana", action: "add" });
  await until(
    () => explained("big", "--segment", "vip-big", "--key", "ana"),
    ({ answer }) => answer?.destinations[0]?.ledger?.action === "add",
  );
  await segments.orderFault({ fault: "status", status: 403, on: "segments", times: 10 });
  const { code, answer } = await explained("big", "--segment", "vip-big", "--key", "ana");
  await segments.clearFaults();
  expect(code).toBe(0);
  expect(answer.destinations[0].launchdarkly).toEqual({ member: null, how: "launchdarkly-403" });
  expect(answer.destinations[0].verdict).toContain("could not be read (launchdarkly-403)");
});

test.each([
  { what: "a segment", options: ["--segment", "of-bgi"], meant: "of-big" },
  { what: "a connection", options: ["--segment", "vip", "--connection", "syncd"], meant: "synced" },
])("$what that nobody knows is exit 2, with the nearest right name", async ({ options, meant }) => {
  const { code, stderr } = await segments.flagbridge("explain", "--key", "ana", ...options);
  expect(code).toBe(2);
  expect(stderr).toContain(`did you mean "${meant}"?`);
});

test("what the stack has written holds no context key", () => {
  expect(segments.stack.stderr() + segments.stack.stdout()).not.toMatch(/"ana"|"eve"/);
});
