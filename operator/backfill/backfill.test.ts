import { createHash } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Parcel } from "../../lib/connections/queues.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import type { QueueOutcome } from "../../lib/delivery/settle-queues.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import type { AudienceOperation } from "../../lib/messages/operation.ts";
import { type TemporaryFolder, temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type BackfillPorts, backfill } from "./backfill.ts";
import { openInput } from "./input.ts";
import { refusedFile } from "./refused-file.ts";
import { HASH_KEYS } from "./seen-texts.ts";
import { type BackfillRequest, settingsOf } from "./settings.ts";

const NOW = Date.parse("2026-05-03T12:00:00Z");
const connections = connectionsFile.parse({
  launchdarkly: {
    production: { clientSideId: "one", secret: "one" },
    staging: { clientSideId: "two", secret: "two" },
  },
  connections: {
    own: { source: "flagbridge", secret: "own", audiences: { to: ["production"] } },
    both: { source: "flagbridge", secret: "both", audiences: { to: ["production", "staging"] } },
    tealium: { source: "tealium", secret: "tealium", audiences: { to: ["production"] } },
    beta: {
      source: "rudderstack",
      secret: "beta",
      audiences: { to: ["production"], segment: { id: "beta", name: "Beta users" } },
    },
    metrics: { source: "segment", secret: "metrics", metrics: { to: ["production"] } },
  },
});

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** A queue that takes everything, unless `answer` says otherwise. */
function queue(answer: (call: number, parcel: Parcel) => QueueOutcome | undefined = () => undefined) {
  const parcels: Parcel[] = [];
  let calls = 0;
  return {
    parcels,
    operations: (destination = "production"): AudienceOperation[] =>
      parcels
        .filter(({ queue: { destination: to } }) => to === destination)
        .flatMap(({ bodies }) => bodies)
        .flatMap((body) => operationsOf(audienceOperationsMessage.parse(JSON.parse(body)))),
    send: async (parcel: Parcel) => {
      calls += 1;
      const call = calls;
      const outcome = answer(call, parcel);
      if (outcome === undefined) parcels.push(parcel);
      return parcel.bodies.map(() => outcome ?? { kind: "confirmed" as const });
    },
  };
}

type Options = Partial<BackfillRequest> & {
  readonly name?: string;
  readonly file?: string;
  readonly fromLine?: number;
  readonly dryRun?: boolean;
  readonly ports?: Partial<BackfillPorts>;
};

/** Runs a backfill of a file of these bytes. Time stands still but for what it sleeps. */
async function run(content: string, to = queue(), options: Options = {}) {
  const { ports, fromLine = 1, dryRun = false, file = "members.csv", ...request } = options;
  const path = await folder.file(file, content);
  let nowMs = NOW;
  const settings = settingsOf({ connection: "own", segment: "vip", ...request }, { connections, nowMs });
  const input = await openInput(path, () => process.stdin);
  try {
    return await backfill(
      { input, settings, options: { fromLine, dryRun } },
      {
        send: to.send,
        now: () => nowMs,
        sleep: async (ms) => {
          nowMs += ms;
        },
        random: () => 1,
        isStopped: () => false,
        refusedFile: refusedFile(`${path}.refused.csv`, { goesOn: fromLine > 1 ? "yes" : "no" }),
        hashKeys: crypto.getRandomValues(new Int32Array(HASH_KEYS)),
        digest: (text) => createHash("sha256").update(text).digest("hex"),
        onProgress: () => undefined,
        ...ports,
      },
    );
  } finally {
    await input.close();
  }
}

const table = (keys: Iterable<string>) => `key\n${[...keys].join("\n")}\n`;
const members = (count: number) => Array.from({ length: count }, (_, index) => `member-${index}`);

describe("a backfill", () => {
  test("sends each row as an operation of the time of the export, and says what it did", async () => {
    const to = queue();
    const end = await run("key,email\nana,a@x\nbo,b@x\nana,a@x\n,c@x\ncy\n", to, {
      at: "2026-05-03T09:00:00Z",
    });
    expect(end).toEqual({
      kind: "done",
      refusals: { count: 2, somebody: 1 },
      result: {
        rows: 5,
        sent: 2,
        duplicates: 1,
        refused: [
          { line: 5, code: "missing_context_key", message: "key: expected a text that is not empty" },
          { line: 6, code: "invalid_item", message: "expected 2 columns, as the header has, found 1" },
        ],
        messages: 1,
        seconds: 0,
      },
    });
    const at = Date.parse("2026-05-03T09:00:00Z");
    const id = to.operations()[0]?.version[3];
    expect(id).toMatch(/^backfill-[0-9a-f]{12}$/);
    expect(to.operations()).toEqual([
      {
        segment: { id: "vip", name: "vip" },
        contextKind: "user",
        contextKey: "ana",
        action: "add",
        version: [at, at, 2, id],
      },
      {
        segment: { id: "vip", name: "vip" },
        contextKind: "user",
        contextKey: "bo",
        action: "add",
        version: [at, at, 3, id],
      },
    ]);
  });

  test("sends everything to the queue of each destination", async () => {
    const to = queue();
    const { result } = await run(table(["ana"]), to, { connection: "both" });
    expect(result).toMatchObject({ sent: 1, messages: 2 });
    expect(to.operations("staging")).toEqual(to.operations("production"));
  });

  test("sends what another run of the same file sends, so that a repetition changes nothing", async () => {
    const [first, second] = [queue(), queue()];
    const at = "2026-05-03T09:00:00Z";
    await run(table(members(5_000)), first, { at });
    await run(table(members(5_000)), second, { at, ports: { now: () => NOW + 3_600_000 } });
    expect(second.operations()).toEqual(first.operations());
    const other = queue();
    await run(table(members(5_000)), other, { at, action: "remove" });
    expect(other.operations()[0]?.version[3]).not.toBe(first.operations()[0]?.version[3]);
  });

  test("reads operations in our own format, and takes from the options what they do not say", async () => {
    const to = queue();
    const lines = [
      { contextKey: "ana" },
      { contextKey: "bo", action: "remove", at: "2026-05-01T00:00:00Z", id: "own", contextKind: "device" },
      { contextKey: "cy", segment: { id: "other", name: "Other" } },
      { contextKey: "di", acton: "remove" },
      { contextKey: "" },
    ].map((line) => JSON.stringify(line));
    const { result } = await run(lines.join("\n"), to, { file: "members.ndjson" });
    expect(to.operations()).toMatchObject([
      { contextKey: "ana", action: "add", contextKind: "user", segment: { id: "vip", name: "vip" } },
      { contextKey: "bo", action: "remove", contextKind: "device", segment: { id: "vip" } },
      { contextKey: "cy", action: "add", contextKind: "user", segment: { id: "other", name: "Other" } },
    ]);
    expect(to.operations().map(({ version: [at, acceptedAt, line] }) => [at, acceptedAt, line])).toEqual([
      [NOW, NOW, 1],
      [Date.parse("2026-05-01T00:00:00Z"), NOW, 2],
      [NOW, NOW, 3],
    ]);
    expect(to.operations()[1]?.version[3]).toBe("own");
    expect(result.refused).toEqual([
      {
        line: 4,
        code: "invalid_item",
        message: "audienceOperations[0]: expected only segment, contextKind, contextKey, action, at, id",
      },
      { line: 5, code: "missing_context_key", message: "contextKey: expected a text that is not empty" },
    ]);
  });

  test("writes the refused rows into a file that only its owner may read", async () => {
    await run('key,note\nana,x\n,"a ""b"""\ncy\n');
    const path = join(folder.path, "members.csv.refused.csv");
    expect(await readFile(path, "utf8")).toBe(
      'line,code,message,row\n3,missing_context_key,key: expected a text that is not empty,",""a """"b"""""""\n4,invalid_item,"expected 2 columns, as the header has, found 1",cy\n',
    );
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe("600");
  });

  test("sends nothing when it only tries", async () => {
    const to = queue();
    const { result } = await run(table(["ana", "ana", ""]), to, { dryRun: true });
    expect(result).toMatchObject({ rows: 2, sent: 0, duplicates: 1, messages: 0 });
    expect(to.parcels).toEqual([]);
  });
});

describe("what SQS does not take", () => {
  const throttled: QueueOutcome = { kind: "failed", code: "RequestThrottled" };

  test("is sent again until it does", async () => {
    const to = queue((call) => (call <= 5 ? throttled : undefined));
    const end = await run(table(members(100)), to);
    expect(end).toMatchObject({ kind: "done", result: { sent: 100, messages: 1 } });
    expect(to.operations()).toHaveLength(100);
  });

  test("ends the run after a minute, with the line to go on from", async () => {
    const lines = members(50_000);
    const at = "2026-05-03T09:00:00Z";
    const cut = queue((call) => (call <= 3 ? undefined : throttled));
    const end = await run(table(lines), cut, { at });
    if (end.kind !== "stopped" || end.goOnFrom === undefined) throw new Error(`it is ${end.kind}`);
    expect(end.why).toEqual({
      kind: "not-queued",
      failure: { queue: "audience-operations-production", code: "RequestThrottled" },
    });
    expect(end.goOnFrom).toBeGreaterThan(1);
    const rest = queue();
    await run(table(lines), rest, { at, fromLine: end.goOnFrom });
    const sent = new Map(
      [...cut.operations(), ...rest.operations()].map((operation) => [operation.contextKey, operation]),
    );
    expect([...sent.keys()].sort()).toEqual([...lines].sort());
    const whole = queue();
    await run(table(lines), whole, { at });
    expect([...sent.values()]).toEqual(whole.operations());
  });

  test("ends the run at once when nothing but a person helps", async () => {
    let calls = 0;
    const to = queue(() => {
      calls += 1;
      return { kind: "failed", code: "AccessDenied" };
    });
    const end = await run(table(["ana"]), to);
    expect(end).toMatchObject({
      kind: "stopped",
      goOnFrom: 2,
      why: { kind: "not-queued", failure: { code: "AccessDenied" } },
    });
    expect(calls).toBe(1);
  });

  test("counts for each entry: an answer that names only some of them confirms only those", async () => {
    const seen: number[] = [];
    const to = queue();
    const end = await run(table(members(2_000)), to, {
      ports: {
        send: async (parcel) => {
          seen.push(parcel.bodies.length);
          const taken = parcel.bodies.slice(0, Math.ceil(parcel.bodies.length / 2));
          await to.send({ ...parcel, bodies: taken });
          return taken.map(() => ({ kind: "confirmed" as const }));
        },
      },
    });
    expect(end).toMatchObject({ kind: "done", result: { sent: 2_000, messages: seen[0] } });
    expect(seen.length).toBeGreaterThan(1);
    expect(to.operations()).toHaveLength(2_000);
  });
});

describe("a run stops, and says the line to go on from,", () => {
  test("when somebody presses Ctrl-C", async () => {
    const to = queue();
    let reads = 0;
    const end = await run(table(members(100_000)), to, { ports: { isStopped: () => ++reads > 3 } });
    if (end.kind !== "stopped" || end.goOnFrom === undefined) throw new Error(`it is ${end.kind}`);
    expect(end.why).toEqual({ kind: "interrupted" });
    const before = members(end.goOnFrom - 2);
    expect(
      to
        .operations()
        .slice(0, before.length)
        .map(({ contextKey }) => contextKey),
    ).toEqual(before);
  });

  test("in a row that the file ends in, after the rows before it are sent", async () => {
    const to = queue();
    const end = await run('key\nana\nbo\n"c', to);
    expect(end).toMatchObject({ kind: "stopped", goOnFrom: 4, result: { sent: 2 } });
    expect(to.operations().map(({ contextKey }) => contextKey)).toEqual(["ana", "bo"]);
  });

  test("when the refused rows cannot be written", async () => {
    const full = await run("key\nana\n\nbo\n", queue(), {
      ports: { refusedFile: refusedFile("/dev/full", { goesOn: "no" }) },
    });
    // Line 3 was refused, and stands in no file: going on must meet it again.
    expect(full).toMatchObject({
      kind: "stopped",
      goOnFrom: 3,
      why: {
        kind: "fault",
        message:
          "The refused rows cannot be written to /dev/full: the disk is full (ENOSPC); make room, or run where there is some.",
      },
    });
  });

  test.each([
    ["written to", (path: string) => writeFile(path, "more\n", { flag: "a" }), "its size went from"],
    [
      "replaced",
      (path: string) => rename(path, `${path}.old`).then(() => writeFile(path, "key\nx\n")),
      "another file took its place",
    ],
    ["removed", (path: string) => rename(path, `${path}.old`), "it is not there any more"],
  ])("when the file is %s while it is read", async (_how, change, message) => {
    let reads = 0;
    const end = await run(table(members(60_000)), queue(), {
      ports: {
        afterRead: async () => void (++reads === 1 && (await change(join(folder.path, "members.csv")))),
      },
    });
    expect(end).toMatchObject({ kind: "stopped", goOnFrom: undefined, why: { kind: "changed" } });
    expect(end.kind === "stopped" && end.why.kind === "changed" && end.why.message).toContain(message);
  });
});

describe("nothing is sent", () => {
  test.each<[string, string, Options, string]>([
    ["of an empty file", "", {}, "has no rows"],
    ["of a file with only a header", "key\n", {}, "has no rows"],
    ["from behind the end", table(["ana"]), { fromLine: 9 }, "no row of"],
    ["without a column of keys", "a,b\n1,2\n", {}, "There are: a, b"],
    ["to a connection that is not there", "", { connection: "onw" }, 'did you mean "own"?'],
    ["to a connection without audiences", "", { connection: "metrics" }, '"metrics" has no audiences'],
    [
      "to a segment that the connection does not fill",
      "",
      { connection: "beta", segment: "vip" },
      'expected "beta", the only segment that connection "beta" fills',
    ],
    ["to a segment without a name", "", { segment: "" }, "--segment: expected a text that is not empty"],
    [
      "to a segment with a name of 2,000 characters",
      "",
      { segment: "x".repeat(2_000) },
      "--segment: expected at most 1024 bytes",
    ],
    [
      "of a kind that the integration does not carry",
      "",
      { connection: "tealium", kind: "device" },
      '--kind: expected "user"',
    ],
    ["of a kind that is none", "", { kind: "a b" }, "--kind: "],
    ["as of a time that is none", "", { at: "yesterday" }, "--at: expected an ISO 8601 date and time"],
    ["as of a time that is still to come", "", { at: "2026-05-03T12:02:00Z" }, "still to come"],
  ])("%s", async (_name, content, options, message) => {
    const to = queue();
    await expect(run(content, to, options)).rejects.toThrow(message);
    expect(to.parcels).toEqual([]);
  });
});

test("a segment that the connection names keeps the connection's name for it", async () => {
  const to = queue();
  await run(table(["ana"]), to, { connection: "beta", segment: "beta" });
  expect(to.operations()[0]?.segment).toEqual({ id: "beta", name: "Beta users" });
});

test("an old export is received no earlier than yesterday, for messages die of age", async () => {
  const to = queue();
  await run(table(["ana"]), to, { at: "2026-01-01T00:00:00Z" });
  expect(to.operations()[0]?.version.slice(0, 2)).toEqual([
    Date.parse("2026-01-01T00:00:00Z"),
    Date.parse("2026-05-02T00:00:00Z"),
  ]);
});
