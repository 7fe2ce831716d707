import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { untilQueuesAreEmpty } from "../support/empty-queues.ts";
import { SANDBOX, SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

let folder: TemporaryFolder;
let stack: StackProcess;

const connections = `launchdarkly:
  production:
    clientSideId: flag-changes-environment
    instance: ${SANDBOX_INSTANCE}
    project: web
    environment: production
    secret: launchdarkly
posthog:
  main: { host: ${SANDBOX}/posthog, secret: posthog }
connections:
  flag-changes:
    source: launchdarkly
    secret: webhook
    posthog: { to: [main], only: { kinds: [flag] } }
    sweep: { using: production, every: 2s, overlap: 10m }
`;
const secrets = {
  launchdarkly: { accessToken: "audit-log-token" },
  posthog: { projectApiKey: "phc_project" },
  webhook: { signingSecrets: ["signing-secret"] },
};

beforeAll(async () => {
  folder = await temporaryFolder();
  const files = await stackFiles(folder, { connections, secrets });
  stack = await startStackProcess([...files, "--batch-window", "0", "--log", "json"]);
});

afterAll(async () => {
  await stack.stop();
  await folder.remove();
});

type Event = { readonly event: string; readonly uuid: string; readonly properties: Record<string, unknown> };
type Events = { readonly events: readonly Event[]; readonly received: number; readonly distinct: number };

async function json<Body>(path: string, init?: RequestInit): Promise<Body> {
  const answer = await fetch(`${stack.url}${path}`, init);
  expect(answer.status).toBe(200);
  // What the sandbox answers is in dev/README.md.
  return (await answer.json()) as Body;
}

const toggle = (key: string, order: object = {}) =>
  json<{ readonly _id: string }>(`/sandbox/launchdarkly/flags/${key}/toggle?full=true`, {
    method: "POST",
    body: JSON.stringify(order),
  });

const listEvents = () => json<Events>("/sandbox/posthog/events");

/** The events of one entry; PostHog counts copies of one as one. */
async function eventsOf(entryId: string): Promise<readonly Event[]> {
  const { events } = await listEvents();
  return events.filter(({ properties }) => properties.launchDarklyEventId === entryId);
}

async function untilThere(entryId: string): Promise<void> {
  const giveUpMs = Date.now() + 60_000;
  while (Date.now() < giveUpMs && (await eventsOf(entryId)).length === 0) await sleep(50);
}

/** How often the sweeper has come round: it reads the log anew each time. */
const backfill = () =>
  json<{ readonly done: boolean; readonly queued: number }>("/sandbox/functions/audit-log-sweeper", {
    method: "POST",
    body: JSON.stringify({ from: new Date(Date.now() - 3_600_000).toISOString() }),
  });

describe("a flag that is toggled in LaunchDarkly", { timeout: 120_000 }, () => {
  test("is an event in PostHog that says which flag, where, how and by whom", async () => {
    const { _id } = await toggle("checkout", { comment: "go", member: { email: "ana@example.com" } });
    await untilThere(_id);
    const [event, ...others] = await eventsOf(_id);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      event: "launchdarkly.flag.updateOn",
      properties: { launchDarklyEventType: "flag", comment: "go", email: "ana@example.com" },
    });
    expect(JSON.stringify(event?.properties)).toMatch(/"checkout".*"production"|"production".*"checkout"/);
    expect(JSON.stringify(event)).not.toContain("maintainer@example.com");
  });

  test("is there although its webhook was dropped: the sweeper brings it, once", async () => {
    const before = await listEvents();
    const { _id } = await toggle("checkout", { webhook: false });
    await untilThere(_id);
    // The sweeper has to come round again to bring this one.
    const later = await toggle("later", { webhook: false });
    await untilThere(later._id);
    expect(await eventsOf(_id)).toHaveLength(1);
    // By then the sweeper has also read, and passed by, what the webhook of the test before had brought.
    expect((await listEvents()).distinct).toBe(before.distinct + 2);
  });

  test("is one event however often it comes: five times by webhook, twice by the sweeper", async () => {
    const entry = await toggle("pricing", { webhook: false });
    await untilThere(entry._id);
    const { distinct } = await listEvents();
    const body = JSON.stringify(entry);
    const signature = createHmac("sha256", "signing-secret").update(body).digest("hex");
    const deliver = () =>
      json("/c/flag-changes", { method: "POST", body, headers: { "x-ld-signature": signature } });
    for (let delivery = 0; delivery < 5; delivery += 1) await deliver();
    // The sweeper brought it once by itself: the second time is by hand, with all the log has.
    const { done, queued } = await backfill();
    expect(done).toBe(true);
    expect(queued).toBeGreaterThan(0);
    await untilQueuesAreEmpty(stack.url);
    expect(await eventsOf(entry._id)).toHaveLength(1);
    expect((await listEvents()).distinct).toBe(distinct);
  });

  test("has the direction that the list does not tell, whichever copy comes last", async () => {
    const { _id } = await toggle("mixed", { withRules: true, on: true });
    await untilThere(_id);
    const { queued } = await backfill();
    expect(queued).toBeGreaterThan(0);
    await untilQueuesAreEmpty(stack.url);
    const [event] = await eventsOf(_id);
    expect(Object.values(event?.properties ?? {})).toContain("on");
  });

  test("in a kind that the connection does not want is no event", async () => {
    const { distinct } = await listEvents();
    const entry = await toggle("unwanted", { webhook: false });
    await untilThere(entry._id);
    const body = JSON.stringify({ ...entry, _id: "0".repeat(24), kind: "segment" });
    const signature = createHmac("sha256", "signing-secret").update(body).digest("hex");
    await json("/c/flag-changes", { method: "POST", body, headers: { "x-ld-signature": signature } });
    // What was sent later is there, and it is not.
    await untilThere((await toggle("wanted"))._id);
    expect((await listEvents()).distinct).toBe(distinct + 2);
  });
});

test("no log line holds an address, a comment or a secret", () => {
  expect(stack.stderr()).toContain("audit-log.swept");
  for (const secret of ["ana@example.com", "audit-log-token", "phc_project", "signing-secret"])
    expect(stack.stderr()).not.toContain(secret);
});
