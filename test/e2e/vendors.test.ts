import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";
import { CONNECTIONS, ENVIRONMENT, SECRETS, VENDORS, type VendorRow } from "./vendor-requests.ts";

let folder: TemporaryFolder;
let stack: StackProcess;

beforeAll(async () => {
  folder = await temporaryFolder();
  const files = await stackFiles(folder, { connections: CONNECTIONS, secrets: SECRETS });
  stack = await startStackProcess([...files, "--batch-window", "0", "--log", "json"]);
});

afterAll(async () => {
  await stack.stop();
  await folder.remove();
});

async function send(vendor: VendorRow, change: "add" | "remove"): Promise<void> {
  const body = vendor[change];
  const headers = { ...vendor.headers, ...vendor.sign?.(body) };
  const answer = await fetch(new URL(vendor.path, stack.url), { method: "POST", headers, body });
  const [status, text] = vendor.answers[change];
  // The local stack puts a line end behind JSON.
  expect((await answer.text()).trimEnd()).toEqual(
    typeof text === "string" ? text : expect.stringMatching(text),
  );
  expect(answer.status).toBe(status);
}

type SandboxSegment = VendorRow["segment"] & {
  readonly environmentId: string;
  readonly members: readonly string[];
};

/** The vendor's segment, whatever integration it came through. */
async function segmentsOf({ segment: { id } }: VendorRow): Promise<readonly SandboxSegment[]> {
  const answer = await fetch(new URL("/sandbox/launchdarkly/segments", stack.url));
  const { segments } = (await answer.json()) as { segments: readonly SandboxSegment[] };
  return segments.filter((segment) => segment.id === id);
}

async function untilMembersAre(vendor: VendorRow, members: readonly string[]): Promise<void> {
  const expected = [{ environmentId: ENVIRONMENT, ...vendor.segment, members }];
  const giveUpMs = Date.now() + 20_000;
  while (
    Date.now() < giveUpMs &&
    JSON.stringify((await segmentsOf(vendor))[0]?.members) !== JSON.stringify(members)
  )
    await sleep(200);
  expect(await segmentsOf(vendor), stack.stderr().split("\n").slice(-15).join("\n")).toEqual(expected);
}

/** Everything that was accepted has been acted upon, and nothing is a dead letter. */
async function untilQueuesAreEmpty(): Promise<void> {
  type Queue = {
    readonly name: string;
    readonly waiting: number;
    readonly inFlight: number;
    readonly deadLetters: number;
  };
  const giveUpMs = Date.now() + 20_000;
  let queues: readonly Queue[] = [];
  do {
    await sleep(200);
    const answer = await fetch(new URL("/sandbox/queues", stack.url));
    ({ queues } = (await answer.json()) as { queues: readonly Queue[] });
  } while (Date.now() < giveUpMs && queues.some(({ waiting, inFlight }) => waiting + inFlight > 0));
  expect(queues).toEqual(
    queues.map(({ name }) => ({ name, waiting: 0, inFlight: 0, deadLetters: 0, oldestSeconds: null })),
  );
}

describe.each(VENDORS)("$name", (vendor) => {
  const { member } = vendor;

  test("adds a member", async () => {
    await send(vendor, "add");
    await untilMembersAre(vendor, [member]);
  });

  test("changes nothing by sending the same again", async () => {
    await send(vendor, "add");
    await untilQueuesAreEmpty();
    await untilMembersAre(vendor, [member]);
  });

  test("removes the member", async () => {
    await send(vendor, "remove");
    await untilMembersAre(vendor, []);
  });

  test("changes nothing by sending that again", async () => {
    await send(vendor, "remove");
    await untilQueuesAreEmpty();
    await untilMembersAre(vendor, []);
  });
});

describe.each(VENDORS.filter(({ saysWhen }) => saysWhen))("$name", (vendor) => {
  test("does not add the member again by an add that comes once more after the removal", async () => {
    await send(vendor, "add");
    await untilQueuesAreEmpty();
    await untilMembersAre(vendor, []);
  });
});

test("no log line holds a member's key or a secret", () => {
  const log = stack.stdout() + stack.stderr();
  expect(log).toContain("audience.flushed");
  const secrets = Object.values(SECRETS).flatMap((secret) => Object.values(secret).flat());
  for (const text of [...VENDORS.map(({ member }) => member), ...secrets]) expect(log).not.toContain(text);
});
