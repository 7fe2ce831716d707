import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type SegmentsStack, startSegmentsStack, until } from "../support/segments-stack.ts";

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 180_000 });

let segments: SegmentsStack;

beforeAll(async () => {
  segments = await startSegmentsStack();
}, 120_000);

afterAll(() => segments.stop());

async function diff(...options: readonly string[]) {
  const { code, stdout, stderr } = await segments.flagbridge("diff", "--json", ...options);
  return { code, stderr, answer: stdout === "" ? undefined : JSON.parse(stdout) };
}

const SEMANTIC_PATCH = "application/json; domain-model=launchdarkly.semanticpatch";

/** Edits a list segment as a person would. */
async function edit(segment: string, kind: string, values: readonly string[]): Promise<void> {
  const patch = { environmentKey: "production", instructions: [{ kind, contextKind: "user", values }] };
  const path = `/api/v2/segments/web/production/${segment}`;
  const answer = await segments.launchdarkly("PATCH", path, patch, SEMANTIC_PATCH);
  expect(answer.status).toBe(200);
}

const same = (...options: readonly string[]) =>
  until(
    () => diff(...options),
    ({ code }) => code === 0,
  );

describe("a list segment", () => {
  test("of 15,000 members is compared whole in one request", async () => {
    const keys = Array.from({ length: 15_000 }, (_, number) => `member-${number}`);
    await segments.send("list", { segment: "full", key: "member-0", action: "add" });
    const options = ["--segment", "full", "--connection", "list"];
    await same(...options);
    for (let start = 0; start < keys.length; start += 1_500)
      await edit("full", "addIncludedTargets", keys.slice(start, start + 1_500));
    const before = await segments.requests();
    const { answer } = await diff(...options);
    expect((await segments.requests()) - before).toBe(1);
    expect(answer).toMatchObject({ compared: 15_000, missing: [], unknown: 0, repaired: 0 });
    expect(answer.extra).toHaveLength(14_999);
  });

  test("that was edited by hand differs both ways, which is exit 1", async () => {
    const operation = (key: string) => ({ segment: "vip", key, action: "add" as const });
    await segments.send("list", operation("ana"), operation("bob"));
    await until(
      () => segments.membersOf("list", "vip"),
      (members) => members.length === 2,
    );
    await same("--segment", "vip");
    await edit("vip", "removeIncludedTargets", ["ana"]);
    await edit("vip", "addIncludedTargets", ["eve"]);

    const { code, answer } = await diff("--segment", "vip");

    expect(code).toBe(1);
    const place = { environment: "production", writer: "list", kind: "user" };
    expect(answer).toEqual({
      compared: 3,
      missing: [{ ...place, key: "ana", ledger: "add", launchdarkly: false }],
      extra: [{ ...place, key: "eve", ledger: null, launchdarkly: true }],
      unknown: 0,
      repaired: 0,
    });
  });

  test("is not repaired without a terminal and without --yes", async () => {
    const { code, stderr } = await diff("--segment", "vip", "--repair");
    expect(code).toBe(2);
    expect(stderr).toContain("This adds 1 member and removes 1");
    expect(stderr).toContain("Add --yes");
    expect(await segments.membersOf("list", "vip")).toEqual(["bob", "eve"]);
  });

  test("is repaired with --yes, although the ledger has it already", async () => {
    const { code, answer } = await diff("--segment", "vip", "--repair", "--yes");
    expect(code).toBe(1);
    expect(answer.repaired).toBe(2);
    const members = await until(
      () => segments.membersOf("list", "vip"),
      (some) => some.length === 2 && some.includes("ana"),
    );
    expect(members).toEqual(["ana", "bob"]);
    expect(await same("--segment", "vip")).toMatchObject({ answer: { missing: [], extra: [], unknown: 0 } });
  });

  test("is compared with a file, whose keys are the truth for both sides", async () => {
    await writeFile(join(segments.folder, "members.csv"), "user_id,plan\nbob,free\nzoe,pro\n,free\n");
    const { code, answer, stderr } = await diff("--segment", "vip", "--file", "members.csv");
    expect(code).toBe(1);
    expect(answer.missing).toMatchObject([{ key: "zoe", ledger: null, launchdarkly: false }]);
    expect(answer.extra).toMatchObject([{ key: "ana", ledger: "add", launchdarkly: true }]);
    expect(stderr).toContain("1 rows of the file have no key");
  });
});

describe.each([
  {
    writer: "big",
    integration: "big",
    path: "/api/v2/segments/web/production/big-vip/contexts",
    edit: { included: { add: ["eve"], remove: ["member-7"] } },
  },
  {
    writer: "synced",
    integration: "segment-audiences",
    path: "/api/v2/segment-targets/segment-audiences",
    edit: {
      environmentId: "id",
      contextKind: "user",
      batch: [
        { userId: "member-7", cohortId: "big-vip", cohortName: "big-vip", value: false },
        { userId: "eve", cohortId: "big-vip", cohortName: "big-vip", value: true },
      ],
    },
  },
])("a $writer segment", ({ writer, integration, path, edit: edited }) => {
  const options = ["--segment", "big-vip", "--connection", writer];

  test("is compared whole by an export with --all, and repaired although the ledger believes it", async () => {
    const keys = Array.from({ length: 30 }, (_, number) => `member-${number}`);
    await segments.send(writer, ...keys.map((key) => ({ segment: "big-vip", key, action: "add" as const })));
    await until(
      () => segments.membersOf(integration, "big-vip"),
      (members) => members.length === keys.length,
    );
    await same(...options);
    expect((await segments.launchdarkly("POST", path, edited)).status).toBe(204);
    const before = await segments.requests();
    const { code, answer } = await diff(...options, "--all", "--repair", "--yes");
    expect((await segments.requests()) - before).toBeLessThan(keys.length);
    expect(code).toBe(1);
    expect(answer).toMatchObject({
      compared: keys.length + 1,
      missing: [{ key: "member-7", writer, ledger: "add", launchdarkly: false }],
      extra: [{ key: "eve", writer, ledger: null, launchdarkly: true }],
      repaired: 2,
    });
    await until(
      () => segments.membersOf(integration, "big-vip"),
      (members) => members.includes("member-7") && !members.includes("eve"),
    );
  });

  test("is sampled, and a person sees how many were compared", async () => {
    const { stdout } = await segments.flagbridge("diff", ...options, "--sample", "5");
    expect(stdout).toContain(`production (${writer}): 5 members compared, a sample`);
    expect(stdout).toContain("Nothing differs.");
  });
});

test("LaunchDarkly that cannot be read is no agreement", async () => {
  await segments.orderFault({ fault: "status", status: 403, times: 10 });
  const { code, answer } = await diff("--segment", "vip", "--connection", "list");
  await segments.clearFaults();
  expect(code).toBe(1);
  expect(answer).toEqual({ compared: 0, missing: [], extra: [], unknown: 3, repaired: 0 });
});

test("a segment that nobody knows is exit 2, with the nearest right name", async () => {
  const { code, stderr } = await diff("--segment", "vipp");
  expect(code).toBe(2);
  expect(stderr).toContain('did you mean "vip"?');
});
