import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLOCKS } from "../support/length.ts";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

let folder: TemporaryFolder;
let stack: StackProcess;

beforeAll(async () => {
  folder = await temporaryFolder();
  const connections = `launchdarkly:
  staging:
    clientSideId: e2e-environment
    instance: ${SANDBOX_INSTANCE}
    project: web
    environment: test
    secret: launchdarkly
connections:
  big: { source: flagbridge, secret: big, audiences: { to: [staging], writer: big } }
  list: { source: flagbridge, secret: list, audiences: { to: [staging], writer: list } }
`;
  const secrets = {
    launchdarkly: { accessToken: "e2e-token" },
    big: { tokens: ["big-token"] },
    list: { tokens: ["list-token"] },
  };
  const files = await stackFiles(folder, { connections, secrets });
  stack = await startStackProcess([...files, "--batch-window", "0", "--log", "json", ...CLOCKS]);
});

afterAll(async () => {
  await stack.stop();
  await folder.remove();
});

type Writer = "big" | "list";
type Segment = {
  readonly id: string;
  readonly name: string;
  readonly contextKind: string;
  readonly members: string[];
};

async function send(
  writer: Writer,
  segment: { readonly id: string; readonly name?: string },
  members: Readonly<Record<string, "add" | "remove">>,
  contextKind = "user",
): Promise<void> {
  const audienceOperations = Object.entries(members).map(([contextKey, action]) => ({
    segment,
    contextKind,
    contextKey,
    action,
  }));
  const answer = await fetch(`${stack.url}/c/${writer}`, {
    method: "POST",
    headers: { authorization: `Bearer ${writer}-token` },
    body: JSON.stringify({ audienceOperations }),
  });
  expect(answer.status).toBe(200);
}

async function sandbox(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`${stack.url}/sandbox/launchdarkly${path}`, init);
}

async function inject(...faults: readonly object[]): Promise<void> {
  expect((await sandbox("/faults", { method: "POST", body: JSON.stringify({ faults }) })).status).toBe(200);
}

async function segmentsOf(writer: Writer, key: string): Promise<readonly Segment[]> {
  const { segments } = (await (await sandbox("/segments")).json()) as {
    segments: (Segment & { integration: string })[];
  };
  return segments.filter(({ integration, id }) => integration === writer && id === key);
}

async function queue() {
  const answer = await fetch(`${stack.url}/sandbox/queues`);
  const { queues } = (await answer.json()) as {
    queues: { name: string; waiting: number; inFlight: number; deadLetters: number }[];
  };
  const found = queues.find(({ name }) => name.includes("audience"));
  if (!found) throw new Error("there is no queue of audience operations");
  return found;
}

/** When nothing is on its way any more that could change it. */
async function untilDone(patienceMs: number): Promise<void> {
  const giveUpMs = Date.now() + patienceMs;
  for (;;) {
    await sleep(250);
    const { waiting, inFlight } = await queue();
    if (waiting + inFlight === 0) return;
    expect(Date.now(), stack.stderr().split("\n").slice(-15).join("\n")).toBeLessThan(giveUpMs);
  }
}

const everybody = (count: number, action: "add" | "remove") =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`member-${String(index).padStart(4, "0")}`, action]),
  );

describe.each(["big", "list"] as const)("audiences with writer: %s", (writer) => {
  test("are segments that are made for them, with exactly their members", { timeout: 60_000 }, async () => {
    await send(writer, { id: `${writer} spenders`, name: "Spenders" }, everybody(3_200, "add"));
    await send(writer, { id: `${writer} spenders`, name: "Spenders" }, everybody(3_000, "remove"));
    await untilDone(40_000);
    const key = { big: "big-spenders-5e490283", list: "list-spenders-21971857" }[writer];
    expect(await segmentsOf(writer, key)).toEqual([
      expect.objectContaining({
        name: "Spenders",
        contextKind: "user",
        members: Object.keys(everybody(3_200, "add")).slice(3_000),
      }),
    ]);
  });

  test("use a segment that somebody else makes in the same moment", { timeout: 60_000 }, async () => {
    const id = `${writer}-raced`;
    const made = { key: id, name: "Theirs", unbounded: writer === "big" };
    await sandbox("/api/v2/segments/web/test", {
      method: "POST",
      headers: { authorization: "e2e-token", "content-type": "application/json" },
      body: JSON.stringify(made),
    });
    // Not there when it is looked for; a list is looked for only when the change itself does not find it.
    await inject({ fault: "status", status: 404, times: writer === "big" ? 1 : 2 });
    await send(writer, { id, name: "Ours" }, { ana: "add" });
    await untilDone(40_000);
    expect(await segmentsOf(writer, id)).toMatchObject([{ name: "Theirs", members: ["ana"] }]);
  });

  test("lose nothing when LaunchDarkly makes the segment and does not say so", {
    timeout: 120_000,
  }, async () => {
    const id = `${writer}-silent`;
    // The requests before it pass: the look, and of a list the change that does not find it.
    await inject(
      { fault: "delay", ms: 0, times: writer === "big" ? 1 : 2 },
      { fault: "applied-not-answered" },
    );
    await send(writer, { id, name: "Silent" }, { ana: "add", bob: "add" });
    await untilDone(100_000);
    expect(await segmentsOf(writer, id)).toMatchObject([{ name: "Silent", members: ["ana", "bob"] }]);
  });

  test("set a member aside that LaunchDarkly refuses, and no other", { timeout: 60_000 }, async () => {
    await inject({ fault: "poison", contextKey: `${writer}-poison` });
    await send(
      writer,
      { id: `${writer}-poisoned` },
      { ...everybody(40, "add"), [`${writer}-poison`]: "add" },
    );
    await untilDone(40_000);
    expect(await segmentsOf(writer, `${writer}-poisoned`)).toMatchObject([
      { members: Object.keys(everybody(40, "add")) },
    ]);
  });
});

describe("a context kind that the segment does not have", () => {
  test("is set aside by big and taken by list", { timeout: 60_000 }, async () => {
    for (const writer of ["big", "list"] as const) {
      await send(writer, { id: `${writer}-kinds` }, { ana: "add" });
      await untilDone(40_000);
      await send(writer, { id: `${writer}-kinds` }, { phone: "add" }, "device");
    }
    await untilDone(40_000);
    expect(await segmentsOf("big", "big-kinds")).toMatchObject([{ contextKind: "user", members: ["ana"] }]);
    expect(await segmentsOf("list", "list-kinds")).toMatchObject([
      { contextKind: "device", members: ["phone"] },
      { contextKind: "user", members: ["ana"] },
    ]);
    expect(stack.stderr()).toContain("other-context-kind");
  });
});

test("the dead letters are the two poisoned members and the one of another kind, and nothing else", async () => {
  expect((await queue()).deadLetters).toBe(3);
});

test("no log line holds a member's key or a token", () => {
  const log = stack.stdout() + stack.stderr();
  expect(log).toContain("audience.flushed");
  for (const secret of ["e2e-token", "big-token", "list-token", "member-0", '-poison"', "phone"])
    expect(log).not.toContain(secret);
});
