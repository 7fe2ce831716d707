import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { flagbridge } from "../support/flagbridge.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

let stack: StackProcess;
let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  stack = await startStackProcess(["--batch-window", "0", "--quiet"]);
});
afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});

const backfill = (file: string, segment: string, args: readonly string[] = []) =>
  flagbridge([
    "backfill",
    file,
    "--connection",
    "own-code",
    "--segment",
    segment,
    "--url",
    stack.url,
    ...args,
  ]);

const segmentRows = z.object({
  segments: z.array(z.object({ id: z.string(), name: z.string(), members: z.array(z.string()) })),
});

async function membersOf(segment: string): Promise<readonly string[]> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
  const { segments } = segmentRows.parse(await answer.json());
  return segments.find(({ id }) => id === segment)?.members.toSorted() ?? [];
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(50);
}

async function add(segment: string, contextKey: string, action: "add" | "remove", at: string): Promise<void> {
  const body = { audienceOperations: [{ segment: { id: segment }, contextKey, action, at }] };
  const headers = { authorization: "Bearer dev-token" };
  const answer = await fetch(`${stack.url}/c/own-code`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

describe("flagbridge backfill", () => {
  test("fills a segment from a CSV, and says what it did", async () => {
    const file = await folder.file("members.csv", "email,key\na@x,ana\nb@x,bo\na@x,ana\nc@x,\n");
    const end = await backfill(file, "vip", ["--name", "Very important", "--json"]);
    expect(end.code, end.stderr).toBe(1);
    expect(JSON.parse(end.stdout)).toEqual({
      rows: 4,
      sent: 2,
      duplicates: 1,
      refused: [{ line: 5, code: "missing_context_key", message: "key: expected a text that is not empty" }],
      messages: 1,
      seconds: expect.any(Number),
    });
    await until(async () => (await membersOf("vip")).length === 2);
    expect(await membersOf("vip")).toEqual(["ana", "bo"]);
    expect(await readFile(`${file}.refused.csv`, "utf8")).toContain("5,missing_context_key,");
    expect((await stat(`${file}.refused.csv`)).mode & 0o777).toBe(0o600);
  });

  test("removes the members of a file, and reads it from standard input, compressed", async () => {
    const file = await folder.file("both.ndjson", '"ana"\n"bo"\n');
    expect(await backfill(file, "removing")).toMatchObject({ code: 0 });
    await until(async () => (await membersOf("removing")).length === 2);
    const child = spawn(
      process.execPath,
      [
        ...[
          join(import.meta.dirname, "../../cli/flagbridge.cjs"),
          "backfill",
          "-",
          "--connection",
          "own-code",
        ],
        ...["--segment", "removing", "--action", "remove", "--url", stack.url],
      ],
      { stdio: ["pipe", "ignore", "inherit"] },
    );
    child.stdin?.end(gzipSync("key\nana\n"));
    await once(child, "close");
    expect(child.exitCode).toBe(0);
    await until(async () => (await membersOf("removing")).length === 1);
    expect(await membersOf("removing")).toEqual(["bo"]);
  });

  test("loses against what changed after the export, and wins against what was before it", async () => {
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    await add("order", "left-after", "remove", minutesAgo(1));
    await add("order", "left-before", "remove", minutesAgo(3));
    await add("order", "joined-after", "add", minutesAgo(1));
    const file = await folder.file("order.csv", "key\nleft-after\nleft-before\n");
    expect(await backfill(file, "order", ["--at", minutesAgo(2)])).toMatchObject({ code: 0 });
    await until(async () => (await membersOf("order")).includes("left-before"));
    expect(await membersOf("order")).toEqual(["joined-after", "left-before"]);
  });

  test("tries without sending anything", async () => {
    const file = await folder.file("tried.csv", "key\nana\n");
    const end = await backfill(file, "tried", ["--dry-run", "--json"]);
    expect(JSON.parse(end.stdout)).toMatchObject({ rows: 1, sent: 0, messages: 0, refused: [] });
    expect(end.code).toBe(0);
  });

  test("after Ctrl-C prints the command that goes on, which loses nobody", async () => {
    const keys = Array.from({ length: 3_000 }, (_, index) => `member-${String(index).padStart(5, "0")}`);
    const child = spawn(
      process.execPath,
      [
        ...[
          join(import.meta.dirname, "../../cli/flagbridge.cjs"),
          "backfill",
          "-",
          "--connection",
          "own-code",
        ],
        ...["--segment", "cut off", "--format", "csv", "--url", stack.url],
      ],
      { stdio: ["pipe", "ignore", "pipe"] },
    );
    let stderr = "";
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdin?.write(`key\n${keys.slice(0, 2_000).join("\n")}\n`);
    await until(async () => stderr.includes("The keys are read from the column"));
    child.kill("SIGINT");
    await until(async () => stderr.includes("Stopping"));
    child.stdin?.write(`${keys.slice(2_000).join("\n")}\n`);
    await once(child, "close");
    expect(child.exitCode).toBe(2);
    const command = /npx flagbridge (backfill - .*)/.exec(stderr)?.[1] ?? stderr;
    expect(command).toContain("--segment 'cut off' --at ");
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, inQuotes, plain]) => inQuotes ?? plain ?? "",
    );
    const end = await flagbridge(words, { stdin: `key\n${keys.join("\n")}\n` });
    expect(end.code, end.stderr).toBe(0);
    await until(async () => (await membersOf("cut off")).length === keys.length);
    expect(await membersOf("cut off")).toEqual(keys);
  });
});

describe("flagbridge backfill --mirror", () => {
  const keys = Array.from({ length: 10 }, (_, index) => `member-${index}`);
  const table = (members: readonly string[]) => `key\n${members.map((key) => `${key}\n`).join("")}`;

  /** Fills a segment, and waits until LaunchDarkly has it. */
  async function filled(segment: string): Promise<void> {
    const file = await folder.file(`${segment}.csv`, table(keys));
    expect(await backfill(file, segment)).toMatchObject({ code: 0 });
    await until(async () => (await membersOf(segment)).length === keys.length);
  }

  test("removes the members that the file lacks, but not whom somebody added after the export", async () => {
    await filled("mirrored");
    const at = new Date().toISOString();
    await add("mirrored", "joined-later", "add", new Date(Date.now() + 1_000).toISOString());
    await until(async () => (await membersOf("mirrored")).length === 11);
    const wanted = [...keys.slice(1), "new"];
    const file = await folder.file("whole.csv", table(wanted));
    const end = await backfill(file, "mirrored", ["--mirror", "--yes", "--at", at, "--json"]);
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ rows: 10, sent: 10, messages: 2 });
    expect(end.stderr).toContain("This removes 1 of 11 members: member-0.");
    await until(async () => !(await membersOf("mirrored")).includes("member-0"));
    expect(await membersOf("mirrored")).toEqual([...wanted, "joined-later"].sort());
  });

  test("refuses to remove more than a fifth, unless it is told to", async () => {
    await filled("fifth");
    const file = await folder.file("few.csv", table(keys.slice(3)));
    const end = await backfill(file, "fifth", ["--mirror", "--yes"]);
    expect(end.stderr).toContain("the file lacks 3 of 10 members, which is 30 % and more than 20 %");
    expect(end.stderr).toContain("--allow-removing 30");
    expect(end.code).toBe(2);
    expect(await membersOf("fifth")).toEqual(keys);
    expect(await backfill(file, "fifth", ["--mirror", "--dry-run"])).toMatchObject({ code: 0 });
    expect(await membersOf("fifth")).toEqual(keys);
    const told = await backfill(file, "fifth", ["--mirror", "--yes", "--allow-removing", "30"]);
    expect(told.code, told.stderr).toBe(0);
    await until(async () => (await membersOf("fifth")).length === 7);
    expect(await membersOf("fifth")).toEqual(keys.slice(3));
  });

  test("stops when another file for the same time has removed members of this one", async () => {
    const at = new Date().toISOString();
    const mirror = (file: string) =>
      backfill(file, "same-time", ["--mirror", "--yes", "--allow-removing", "100", "--at", at]);
    const first = await folder.file("same-time-first.csv", table(keys.slice(0, 6)));
    const second = await folder.file("same-time-second.csv", table(keys.slice(4)));
    expect((await mirror(first)).code).toBe(0);
    expect((await mirror(second)).code).toBe(0);
    await until(async () => (await membersOf("same-time")).length === keys.length - 4);
    const again = await mirror(first);
    expect(again.stderr).toContain("4 members of the file stay out");
    expect(again.code).toBe(2);
    expect(await membersOf("same-time")).toEqual(keys.slice(4));
  });

  test.each<[string, string, readonly string[], string]>([
    ["without a terminal and without --yes", table(keys.slice(1)), [], "Add --yes"],
    ["for an empty file", "key\n", ["--yes"], "has no rows"],
    [
      "for a file that ends in the middle of a row",
      `${table(keys.slice(1))}"mem`,
      ["--yes"],
      "ends in the middle of a row",
    ],
    [
      "for a file with a row that means nobody knows whom",
      `${table(keys.slice(1))}"x"y\n`,
      ["--yes"],
      "1 rows of the file mean members that could not be read",
    ],
    [
      "for a file of removals",
      table(keys.slice(1)),
      ["--yes", "--action", "remove"],
      "expected no --action remove",
    ],
    [
      "for more than all",
      table(keys.slice(1)),
      ["--yes", "--allow-removing", "101"],
      "expected a number from 0 to 100",
    ],
  ])("removes nobody %s", async (_name, content, args, message) => {
    if ((await membersOf("kept")).length === 0) await filled("kept");
    const file = await folder.file("kept-not.csv", content);
    const end = await backfill(file, "kept", ["--mirror", ...args]);
    expect(end.stderr).toContain(message);
    expect(end.code).toBe(2);
    expect(await membersOf("kept")).toEqual(keys);
  });
});

describe("flagbridge backfill cannot be done, and says what to type,", () => {
  test.each<[string, string, readonly string[], string]>([
    ["without a column of keys", "a,b\n1,2\n", [], "--key-column. There are: a, b"],
    [
      "for a connection that is not there",
      "key\nana\n",
      ["--connection", "own-cod"],
      'did you mean "own-code"?',
    ],
    [
      "for a connection without audiences",
      "key\nana\n",
      ["--connection", "flag-changes"],
      "has no audiences",
    ],
    ["with an action that is none", "key\nana\n", ["--action", "ad"], "Allowed choices are add, remove"],
    ["as of a day", "key\nana\n", ["--at", "2026-05-03"], "--at: expected an ISO 8601 date and time"],
  ])("%s", async (_name, content, args, message) => {
    const file = await folder.file("cannot.csv", content);
    const end = await backfill(file, "cannot", args);
    expect(end.stderr).toContain(message);
    expect(end).toMatchObject({ code: 2, stdout: "" });
  });

  test("without a file", async () => {
    const end = await backfill(join(folder.path, "none.csv"), "cannot");
    expect(end.stderr).toContain("There is no file");
    expect(end.code).toBe(2);
  });

  test("in a row that the file ends in: what was before it is in the queue", async () => {
    const file = await folder.file("half.csv", 'key\nana\n"b');
    const end = await backfill(file, "half", ["--json"]);
    expect(end.code).toBe(2);
    expect(JSON.parse(end.stdout)).toMatchObject({ rows: 1, sent: 1 });
    expect(end.stderr).toContain("ends in the middle of a row");
    expect(end.stderr).toContain("--from-line 3");
  });
});
