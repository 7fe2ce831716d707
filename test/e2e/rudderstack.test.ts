import { setTimeout as sleep } from "node:timers/promises";
import Analytics from "@rudderstack/rudder-sdk-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnsweredLine } from "../../dev/traffic-lines.ts";
import { answeredLines } from "../support/answered-lines.ts";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

const WRITE_KEY = "e2e-rudder-key";
const TOKEN = "e2e-rudder-token";
let folder: TemporaryFolder;
let stack: StackProcess;

beforeAll(async () => {
  folder = await temporaryFolder();
  const connections = `launchdarkly:
  staging:
    clientSideId: e2e-environment
    instance: ${SANDBOX_INSTANCE}
    secret: launchdarkly
connections:
  lists:
    source: rudderstack
    secret: lists
    audiences: { to: [staging], segment: { id: beta, name: Beta users } }
  warehouse:
    source: rudderstack
    secret: warehouse
    audiences: { to: [staging], contextKey: [email], segment: { id: rows, name: Rows } }
`;
  const secrets = {
    launchdarkly: { accessToken: "e2e-token" },
    lists: { writeKeys: [WRITE_KEY] },
    warehouse: { tokens: [TOKEN] },
  };
  const files = await stackFiles(folder, { connections, secrets });
  stack = await startStackProcess([...files, "--batch-window", "1", "--log", "json"]);
});

afterAll(async () => {
  await stack.stop();
  await folder.remove();
});

async function members(segment: string): Promise<readonly string[]> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
  const { segments } = (await answer.json()) as { segments: { id: string; members: string[] }[] };
  return segments.find(({ id }) => id === segment)?.members ?? [];
}

async function untilMembersAre(segment: string, expected: readonly string[]): Promise<void> {
  const giveUpMs = Date.now() + 20_000;
  while (Date.now() < giveUpMs && JSON.stringify(await members(segment)) !== JSON.stringify(expected))
    await sleep(200);
  expect(await members(segment), stack.stderr().split("\n").slice(-15).join("\n")).toEqual(expected);
}

/** What ingest has logged of the requests of a connection, oldest first. */
function answered(connection: string): readonly AnsweredLine[] {
  return answeredLines(stack.stderr()).filter((line) => line.connection === connection);
}

type List = { readonly add?: readonly string[]; readonly remove?: readonly string[] };

function audienceList({ add = [], remove = [] }: List) {
  const membersOf = (keys: readonly string[]) => keys.map((identifier) => ({ identifier }));
  return { userId: "sync", properties: { listData: { add: membersOf(add), remove: membersOf(remove) } } };
}

/** Every call of the SDK ends in this method; its own list of calls has none for `audiencelist`, nor have its types. */
type Enqueue = { readonly enqueue: (type: string, message: object) => void };

function enqueue(analytics: Analytics, type: string, message: object): void {
  // The package's JavaScript has the method (`esm/index.js`), its `index.d.ts` leaves it out.
  (analytics as unknown as Enqueue).enqueue(type, message);
}

describe("the real RudderStack SDK with its default settings", () => {
  /** Only the data plane's URL and the key are ours: it gzips, and calls the result a form. */
  const client = () => new Analytics(WRITE_KEY, { dataPlaneUrl: stack.url });

  test("has its track and identify calls accepted with 200", async () => {
    const analytics = client();
    analytics.identify({ userId: "u-1", traits: { email: "a@b.c" } });
    analytics.track({ userId: "u-1", event: "Signed Up", properties: { plan: "beta" } });
    await analytics.flush();
    // The SDK sends its first event at once and the others together.
    await expect.poll(() => total(answered("lists")), { timeout: 10_000 }).toBe(2);
    for (const answer of answered("lists")) expect(answer).toMatchObject({ status: 200, rejected: {} });
    expect(await members("beta")).toEqual([]);
  });

  test("does not repeat a list of which nothing could be used: the 200 is success to it", async () => {
    const before = answered("lists").length;
    const analytics = client();
    enqueue(analytics, "audiencelist", {
      userId: "sync",
      properties: { listData: { add: [{ name: "nobody" }] } },
    });
    await analytics.flush();
    await expect
      .poll(() => answered("lists").slice(before), { timeout: 10_000 })
      .toMatchObject([{ status: 200, accepted: 0, rejected: { missing_context_key: 1 } }]);
  });

  const first = {
    ...audienceList({ add: ["u-1", "u-2"] }),
    messageId: "list-1",
    originalTimestamp: new Date(Date.now() - 60_000),
  };

  test("adds the members of an audience list to the segment that the connection names", async () => {
    const analytics = client();
    enqueue(analytics, "audiencelist", first);
    await analytics.flush();
    await untilMembersAre("beta", ["u-1", "u-2"]);
    const answer = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
    const { segments } = (await answer.json()) as { segments: object[] };
    expect(segments).toEqual([
      {
        environmentId: "e2e-environment",
        integration: "rudderstack",
        id: "beta",
        name: "Beta users",
        contextKind: "user",
        members: ["u-1", "u-2"],
      },
    ]);
  });

  test("removes those of a later list, and adds others with it", async () => {
    const analytics = client();
    enqueue(analytics, "audiencelist", audienceList({ add: ["u-3"], remove: ["u-1"] }));
    await analytics.flush();
    await untilMembersAre("beta", ["u-2", "u-3"]);
  });

  test("changes nothing with a delivery that comes again", async () => {
    const analytics = client();
    enqueue(analytics, "audiencelist", first);
    await analytics.flush();
    // Sent behind it: once this one is in the segment, the repetition has had its turn.
    enqueue(analytics, "audiencelist", audienceList({ add: ["u-4"] }));
    await analytics.flush();
    await untilMembersAre("beta", ["u-2", "u-3", "u-4"]);
    await untilQueuesAreEmpty();
    expect(await members("beta")).toEqual(["u-2", "u-3", "u-4"]);
  });
});

describe("RudderStack without its SDK", () => {
  test("sends a list to /v1/audiencelist, member by member", async () => {
    const request = {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}`, "content-type": "application/json" },
      body: JSON.stringify({
        type: "audiencelist",
        messageId: "list-2",
        userId: "sync",
        timestamp: new Date().toISOString(),
        properties: {
          listData: { add: [{ identifier: "u-5" }, { name: "nobody" }], remove: [{ identifier: "u-4" }] },
        },
      }),
    };
    for (const _ of ["first", "repeated"]) {
      const answer = await fetch(`${stack.url}/v1/audiencelist`, request);
      expect({ status: answer.status, body: await answer.json() }).toEqual({
        status: 200,
        body: {
          success: true,
          accepted: 2,
          ignored: 0,
          rejected: [
            {
              index: 1,
              code: "missing_context_key",
              message: "properties.listData.add[1]: expected one of identifier, id",
            },
          ],
        },
      });
    }
    await untilMembersAre("beta", ["u-2", "u-3", "u-5"]);
  });

  test("sends records of a warehouse sync through its webhook destination", async () => {
    const send = async (action: string, email: string) => {
      const answer = await fetch(`${stack.url}/c/warehouse`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${TOKEN}`,
          "content-type": "application/json",
          "user-agent": "RudderLabs",
        },
        body: JSON.stringify({
          type: "record",
          action,
          identifiers: { EMAIL: email },
          fields: {},
          recordId: "2",
          timestamp: new Date().toISOString(),
        }),
      });
      expect(await answer.json()).toEqual({ success: true, accepted: 1, ignored: 0, rejected: [] });
    };
    await send("insert", "a@b.c");
    await send("update", "b@b.c");
    await untilMembersAre("rows", ["a@b.c", "b@b.c"]);
    await send("delete", "a@b.c");
    await untilMembersAre("rows", ["b@b.c"]);
  });
});

test("no log line holds a member's key, a trait or a secret", () => {
  const log = stack.stdout() + stack.stderr();
  expect(log).toContain("audience.flushed");
  for (const secret of [WRITE_KEY, TOKEN, "e2e-token", "u-1", "a@b.c"]) expect(log).not.toContain(secret);
});

function total(answers: readonly { readonly accepted: number }[]): number {
  return answers.reduce((sum, { accepted }) => sum + accepted, 0);
}

async function untilQueuesAreEmpty(): Promise<void> {
  const left = async () => {
    const answer = await fetch(`${stack.url}/sandbox/queues`);
    const { queues } = (await answer.json()) as {
      queues: { waiting: number; inFlight: number; deadLetters: number }[];
    };
    return queues.reduce(
      (sum, { waiting, inFlight, deadLetters }) => sum + waiting + inFlight + deadLetters,
      0,
    );
  };
  await expect.poll(left, { timeout: 20_000 }).toBe(0);
}
