import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as z from "zod";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

/** Erasure requests on the running stack, from Segment's webhook to the receipt. */

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000 });
const patiently = { timeout: 60_000, interval: 200 };

let folder: TemporaryFolder;
let stack: StackProcess;

beforeAll(async () => {
  folder = await temporaryFolder();
  const connections = [
    "launchdarkly:",
    `  production: { clientSideId: "id", instance: ${SANDBOX_INSTANCE}, project: web, environment: production, secret: launchdarkly }`,
    "connections:",
    "  engage: { source: segment, secret: engage, erasures: true, audiences: { to: [production] } }",
    "  own: { source: flagbridge, secret: own, audiences: { to: [production], writer: list } }",
  ].join("\n");
  const secrets = {
    launchdarkly: { accessToken: "token" },
    engage: { tokens: ["engage-token"] },
    own: { tokens: ["own-token"] },
  };
  const files = await stackFiles(folder, { connections, secrets });
  stack = await startStackProcess([...files, "--batch-window", "0"]);
}, 60_000);

afterAll(async () => {
  await stack.stop();
  await folder.remove();
});

/** The answer to a request, and the id that API Gateway has given it. */
async function send(connection: string, body: object) {
  const answer = await fetch(`${stack.url}/c/${connection}`, {
    method: "POST",
    headers: { authorization: `Bearer ${connection}-token` },
    body: JSON.stringify(body),
  });
  return { answer: await answer.json(), requestId: answer.headers.get("apigw-requestid") };
}

const identify = (userId: string) => ({
  ...{ type: "identify", messageId: `m-${userId}`, userId, traits: { vip: true } },
  context: {
    personas: { computation_class: "audience", computation_id: "aud_vip", computation_key: "vip" },
  },
});
const add = (contextKey: string) => ({
  audienceOperations: [{ segment: { id: "beta" }, contextKey, action: "add" }],
});

const segmentList = z.object({
  segments: z.array(z.object({ id: z.string(), members: z.array(z.string()) })),
});

async function segmentsWith(person: string): Promise<readonly string[]> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/segments`);
  const { segments } = segmentList.parse(await answer.json());
  return segments
    .filter(({ members }) => members.includes(person))
    .map(({ id }) => id)
    .sort();
}

async function linesOf(event: string, requestId: string | null) {
  const log = await fetch(
    `${stack.url}/sandbox/functions/eraser/log?filter=${encodeURIComponent(`"${event}"`)}`,
  );
  return (await log.text()).split("\n").filter((line) => line.includes(String(requestId)));
}

const faults = (method: "POST" | "DELETE", body?: object) =>
  fetch(`${stack.url}/sandbox/launchdarkly/faults`, { method, ...(body && { body: JSON.stringify(body) }) });

test("Segment's delete takes the person out of every segment, and the receipt has the request's id and no key", async () => {
  for (const person of ["ana", "bob"]) {
    await send("engage", identify(person));
    await send("own", add(person));
    await expect.poll(() => segmentsWith(person), patiently).toEqual(["aud_vip", "beta"]);
  }
  const timestamp = new Date().toISOString();
  const { answer, requestId } = await send("engage", { type: "delete", userId: "ana", timestamp });
  expect(answer).toEqual({ success: true, accepted: 1, ignored: 0, rejected: [] });
  await expect.poll(() => linesOf("erasure.done", requestId), patiently).toHaveLength(1);
  const [receipt = ""] = await linesOf("erasure.done", requestId);
  expect(receipt).toMatch(/"segments":\{"production":2\}.*"confirmed":true/);
  expect(await segmentsWith("ana")).toEqual([]);
  expect(await segmentsWith("bob")).toEqual(["aud_vip", "beta"]);
});

test("while LaunchDarkly is down the request comes again, and it is carried out when LaunchDarkly is back", async () => {
  const down = { fault: "status", status: 503, times: 1_000 };
  await faults("POST", { faults: [down, { ...down, on: "api" }] });
  const { requestId } = await send("engage", { type: "delete", userId: "bob" });
  await expect
    .poll(async () => (await linesOf("erasure.put-back", requestId)).length, patiently)
    .toBeGreaterThan(0);
  expect(await segmentsWith("bob")).toEqual(["aud_vip", "beta"]);
  await faults("DELETE");
  await expect.poll(() => linesOf("erasure.done", requestId), patiently).toHaveLength(1);
  expect(await segmentsWith("bob")).toEqual([]);
});

test("of a person whom nobody knows the receipt says none", async () => {
  const { requestId } = await send("engage", { type: "delete", userId: "nobody" });
  await expect.poll(() => linesOf("erasure.done", requestId), patiently).toHaveLength(1);
  expect(await linesOf("erasure.done", requestId)).toEqual([expect.stringContaining('"segments":"none"')]);
});

test("without the option the request is rejected, and nobody leaves", async () => {
  await send("own", add("eve"));
  const { answer } = await send("own", { erasures: [{ contextKey: "eve" }] });
  expect(answer).toMatchObject({ success: false, rejected: [{ code: "erasures_not_configured" }] });
  await expect.poll(() => segmentsWith("eve"), patiently).toEqual(["beta"]);
});

test("what the stack has written holds no context key", () => {
  expect(stack.stderr() + stack.stdout()).not.toMatch(/\b(ana|bob|eve|nobody)\b/);
});
