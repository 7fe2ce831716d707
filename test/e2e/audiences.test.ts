import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Analytics } from "@segment/analytics-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLOCKS } from "../support/length.ts";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

const WRITE_KEY = "e2e-write-key";
const USERS = 60;
let folder: TemporaryFolder;
let files: readonly string[];
let stack: StackProcess;
/** What the stacks that are gone have written. */
let logs = "";

/** The port stays the same over a restart, as an address does that was pasted into a vendor's settings. */
async function startStack(port = "0"): Promise<StackProcess> {
  return startStackProcess([
    ...["--port", port, ...files],
    ...["--data-dir", join(folder.path, "data"), "--batch-window", "1", "--log", "json", ...CLOCKS],
  ]);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const connections = `launchdarkly:
  staging:
    clientSideId: e2e-environment
    instance: ${SANDBOX_INSTANCE}
    secret: e2e-launchdarkly
connections:
  engage:
    source: segment
    secret: e2e-engage
    audiences: { to: [staging], integration: segment-audiences, contextKind: account, contextKey: [userId] }
`;
  const secrets = {
    "e2e-launchdarkly": { accessToken: "e2e-token" },
    "e2e-engage": { writeKeys: [WRITE_KEY] },
  };
  files = await stackFiles(folder, { connections, secrets });
  stack = await startStack();
});

afterAll(async () => {
  await stack.stop();
  await folder.remove();
});

type Change = { readonly userId: string; readonly member: boolean; readonly atMs: number };

/** What Engage sends for a change of membership: an identify or a track call, whichever the user has set up. */
function send(analytics: Analytics, { userId, member, atMs }: Change, type: "identify" | "track"): void {
  const timestamp = new Date(atMs);
  const personas = {
    computation_class: "audience",
    computation_key: "big_spenders",
    computation_id: "aud_e2e",
  };
  // The SDK's type of a context does not know Engage's part of it.
  const context = { personas } as object;
  if (type === "identify") {
    analytics.identify({ userId, timestamp, context, traits: { big_spenders: member } });
  } else {
    const properties = { audience_key: "big_spenders", big_spenders: member };
    analytics.track({
      userId,
      timestamp,
      context,
      event: member ? "Audience Entered" : "Audience Exited",
      properties,
    });
  }
}

async function sendAll(changes: readonly Change[]): Promise<void> {
  const analytics = new Analytics({
    writeKey: WRITE_KEY,
    host: stack.url,
    flushAt: 10,
    flushInterval: 200,
    maxRetries: 10,
  });
  for (const [index, change] of changes.entries())
    send(analytics, change, index % 2 === 0 ? "identify" : "track");
  await analytics.closeAndFlush({ timeout: 60_000 });
}

async function members(): Promise<readonly string[]> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
  const { segments } = (await answer.json()) as { segments: { id: string; members: string[] }[] };
  return segments.find(({ id }) => id === "aud_e2e")?.members ?? [];
}

async function untilMembersAre(expected: readonly string[], patienceMs: number): Promise<void> {
  const giveUpMs = Date.now() + patienceMs;
  while (Date.now() < giveUpMs && JSON.stringify(await members()) !== JSON.stringify(expected))
    await sleep(250);
  // A match in passing is none: nothing may be on its way that could still change it.
  while (Date.now() < giveUpMs && (await onTheirWay()) > 0) await sleep(250);
  expect(await members(), stack.stderr().split("\n").slice(-15).join("\n")).toEqual(expected);
}

async function onTheirWay(): Promise<number> {
  const answer = await fetch(`${stack.url}/sandbox/queues`);
  const { queues } = (await answer.json()) as { queues: { waiting: number; inFlight: number }[] };
  return queues.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0);
}

async function inject(faults: readonly object[]): Promise<void> {
  const body = JSON.stringify({ faults });
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/faults`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

/** The newest change of each user says whether it is a member. */
function newest(changes: readonly Change[]): string[] {
  const latest = new Map<string, Change>();
  for (const change of changes)
    if (change.atMs > (latest.get(change.userId)?.atMs ?? 0)) latest.set(change.userId, change);
  return [...latest.values()].flatMap(({ userId, member }) => (member ? [userId] : [])).sort();
}

describe("audiences from the real Segment SDK", () => {
  const startMs = Date.now() - 3_600_000;
  const sent: Change[] = [];
  const change = (user: number, member: boolean, second: number): Change => ({
    userId: `user-${String(user).padStart(2, "0")}`,
    member,
    atMs: startMs + second * 1_000 + user,
  });
  const everybody = (member: (user: number) => boolean, second: number) =>
    Array.from({ length: USERS }, (_, user) => change(user, member(user), second));

  test("an entry adds the member to the segment, under the name and kind that the connection says", {
    timeout: 60_000,
  }, async () => {
    const first = change(0, true, 1);
    sent.push(first);
    await sendAll([first]);
    await untilMembersAre(["user-00"], 40_000);
    const { segments } = (await (await fetch(`${stack.url}/sandbox/launchdarkly/segments`)).json()) as {
      segments: object[];
    };
    expect(segments).toEqual([
      {
        environmentId: "e2e-environment",
        integration: "segment-audiences",
        id: "aud_e2e",
        name: "Big spenders",
        contextKind: "account",
        members: ["user-00"],
      },
    ]);
  });

  test("an exit removes it again", { timeout: 60_000 }, async () => {
    const exit = change(0, false, 2);
    sent.push(exit);
    await sendAll([exit]);
    await untilMembersAre([], 40_000);
  });

  test("an older entry that arrives late changes nothing", { timeout: 60_000 }, async () => {
    await sendAll([change(0, true, 1), change(1, true, 1)]);
    sent.push(change(1, true, 1));
    await untilMembersAre(["user-01"], 40_000);
  });

  test("membership is exact after limits, failures, lost answers, and a kill -9 in the middle", {
    timeout: 240_000,
  }, async () => {
    await inject([
      { fault: "status", status: 429, headers: { "X-Ratelimit-Reset": String(Date.now() + 3_000) } },
      { fault: "status", status: 500 },
      { fault: "applied-then-status", status: 503 },
      { fault: "applied-not-answered" },
    ]);
    const before = [...everybody(() => true, 10), ...everybody((user) => user % 3 !== 0, 11)];
    // Late and out of order, as Engage sends them.
    await sendAll(before.reverse());
    sent.push(...before);
    await sleep(2_500);
    await stack.kill9();
    logs += stack.stdout() + stack.stderr();

    stack = await startStack(new URL(stack.url).port);
    await inject([{ fault: "reset" }, { fault: "delay", ms: 5_000 }, { fault: "status", status: 503 }]);
    const after = everybody((user) => user % 5 === 0, 20).filter((_, user) => user % 2 === 0);
    await sendAll(after);
    sent.push(...after);
    await untilMembersAre(newest(sent), 200_000);

    const { queues } = (await (await fetch(`${stack.url}/sandbox/queues`)).json()) as {
      queues: { deadLetters: number }[];
    };
    expect(queues.filter(({ deadLetters }) => deadLetters > 0)).toEqual([]);
  });

  test("no log line holds a member's key or a secret", () => {
    const log = logs + stack.stdout() + stack.stderr();
    expect(log).toContain("audience.flushed");
    for (const secret of [WRITE_KEY, "e2e-token", "user-0", "user-1"]) expect(log).not.toContain(secret);
  });

  test("the stack stops when asked to, with nothing lost", { timeout: 150_000 }, async () => {
    const last = change(7, false, 30);
    sent.push(last);
    await sendAll([last]);
    expect(await stack.stop()).toBe(0);
    stack = await startStack(new URL(stack.url).port);
    await untilMembersAre(newest(sent), 90_000);
  });
});
