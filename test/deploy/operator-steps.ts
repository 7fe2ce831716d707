import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Account, STAGE } from "../../dev/emulated/deployment.ts";
import { flagbridge } from "../support/flagbridge.ts";
import type { sandboxAt } from "./sandbox.ts";

type Steps = {
  readonly account: () => Pick<Account, "url" | "variables">;
  /** The folder that was deployed from, with its connections.yml. */
  readonly directory: () => string;
  readonly here: () => ReturnType<typeof sandboxAt>;
  /** Resolves when whatever was accepted has had its whole effect. */
  readonly untilQuiet: () => Promise<void>;
};

/** The operator's commands on the deployed stage, as its user types them: CloudFormation, Lambda, SQS, DynamoDB, Secrets Manager. */
export function operatorSteps({ account, directory, here, untilQuiet }: Steps): void {
  const run = (...args: readonly string[]) =>
    flagbridge([...args, "--stage", STAGE, "--url", account().url], {
      cwd: directory(),
      env: account().variables,
    });
  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(...args, "--json");
    expect(stderr).not.toMatch(/^It failed/m);
    return { code, ...JSON.parse(stdout) };
  };
  const add = (contextKey: string) =>
    here().ownCode({ audienceOperations: [{ segment: { id: "staged" }, contextKey, action: "add" }] });

  test("status shows the stage's queues and functions", async () => {
    const { code, target, queues, functions } = await json("status");
    expect(code).toBe(0);
    expect(target).toMatchObject({
      kind: "stage",
      stage: STAGE,
      accountId: "000000000000",
      region: "us-east-1",
    });
    expect(queues.map(({ name }: { readonly name: string }) => name)).toContain(
      `flagbridge-${STAGE}-audience-operations-production`,
    );
    expect(functions).toContainEqual({ name: "audience-batcher", paused: false, errors: expect.any(Number) });
  });

  test("secrets and connections are listed", async () => {
    expect((await json("secrets")).secrets).toContainEqual(
      expect.objectContaining({ name: "own-code", state: "ok" }),
    );
    expect((await json("connections")).connections).toContainEqual(
      expect.objectContaining({ name: "own-code", url: `${account().url}/c/own-code` }),
    );
  });

  test("pause keeps what comes in the queue, and resume lets it go on", async () => {
    const paused = await run("pause", "audience-batcher");
    expect(paused.stderr).toContain(`account 000000000000, region us-east-1, stage ${STAGE}`);
    await add("while-paused");
    const { queues } = await json("status");
    expect(queues).toContainEqual(
      expect.objectContaining({ name: `flagbridge-${STAGE}-audience-operations-production`, waiting: 1 }),
    );
    await run("resume");
    await untilQuiet();
    const segments = await here().segments();
    expect(segments.find(({ id }) => id === "staged")?.members).toEqual(["while-paused"]);
  });

  test("a dead letter is found, is not deleted without a yes, and goes back home", async () => {
    await here().faults([{ fault: "poison", contextKey: "poisoned" }]);
    await add("poisoned");
    await untilQuiet();
    expect(await json("dead-letters")).toMatchObject({
      code: 0,
      letters: 1,
      groups: [{ reason: "refused-by-launchdarkly", connection: "own-code", count: 1 }],
    });
    expect((await run("dead-letters", "delete")).code).toBe(2);
    await here().withoutFaults();
    expect(await json("dead-letters", "redrive")).toEqual({ code: 0, sent: 1, left: 0 });
    await untilQuiet();
    expect(await json("dead-letters")).toMatchObject({ letters: 0 });
  });

  test("a segment is filled from a file, explained, compared and repaired; a person is forgotten", async () => {
    const folder = mkdtempSync(join(tmpdir(), "flagbridge-backfill-"));
    try {
      const file = join(folder, "members.csv");
      writeFileSync(file, "key\nfilled-1\nfilled-2\nfilled-3\n");
      const filled = await json("backfill", file, "--connection", "own-code", "--segment", "staged");
      expect(filled).toMatchObject({ code: 0, rows: 3, sent: 3, refused: [] });
    } finally {
      rmSync(folder, { recursive: true });
    }
    await untilQuiet();
    const explained = await json("explain", "--segment", "staged", "--key", "filled-2");
    expect(explained).toMatchObject({
      code: 0,
      destinations: [
        {
          environment: "production",
          ledger: { action: "add" },
          launchdarkly: { member: true },
          deadLetters: [],
        },
      ],
    });
    expect(await json("diff", "--segment", "staged")).toMatchObject({ code: 0, missing: [], extra: [] });
    expect((await json("segments")).segments).toContainEqual(
      expect.objectContaining({ id: "staged", environment: "production", kinds: { user: 5 } }),
    );
    expect((await run("forget", "--key", "filled-2")).code).toBe(2);
    expect(await json("forget", "--key", "filled-2", "--yes")).toMatchObject({ code: 0, confirmed: true });
    const segments = await here().segments();
    expect(segments.find(({ id }) => id === "staged")?.members).not.toContain("filled-2");
  });

  test("a sample is sent, and the audit log is read once more", async () => {
    const listed = JSON.parse((await run("send", "--json")).stdout);
    const own = listed.find(({ connection }: { readonly connection: string }) => connection === "own-code");
    expect(await json("send", own.sample)).toMatchObject({ code: 0, status: 200 });
    await untilQuiet();
    expect(await json("replay", "flag-changes", "--from", "2026-01-01")).toMatchObject({ code: 0 });
    await untilQuiet();
  });

  test("doctor proves what can be proven here, and fails nothing", async () => {
    const { checks, failed } = await json("doctor");
    const found = checks.filter(({ status }: { readonly status: string }) => status === "failed");
    expect(found).toEqual([]);
    expect(failed).toBe(0);
  });

  test("a stage that is not there is told, with those that are", async () => {
    const { code, stderr } = await flagbridge(["status", "--stage", "prodd"], {
      cwd: directory(),
      env: account().variables,
    });
    expect(code).toBe(2);
    expect(stderr).toContain(`The stages there: ${STAGE}.`);
  });
}
