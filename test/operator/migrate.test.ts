import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as z from "zod";
import { type CommandEnd, flagbridge } from "../support/flagbridge.ts";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** docs/migrate.md, followed step by step from Segment's own connector. A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 180_000 });

const folder = await temporaryFolder();
let stack: StackProcess;

/** The guide's connection after its deploy, with the copy's under a name of its own: a stack is deployed once. */
const connections = [
  "launchdarkly:",
  `  production: { clientSideId: "id", instance: ${SANDBOX_INSTANCE}, project: web, environment: production, secret: launchdarkly }`,
  "connections:",
  "  copy:",
  "    source: segment",
  "    secret: copy",
  "    audiences: { to: [production], only: [aud_beta], rename: { aud_beta: { id: aud_beta-copy, name: Beta users (copy) } } }",
  "  engage: { source: segment, secret: engage, audiences: { to: [production] } }",
].join("\n");

beforeAll(async () => {
  const files = await stackFiles(folder, {
    connections,
    secrets: {
      launchdarkly: { accessToken: "token" },
      copy: { tokens: ["copy-token"] },
      engage: { tokens: ["engage-token"] },
    },
  });
  stack = await startStackProcess([...files, "--batch-window", "0"]);
}, 120_000);

afterAll(() => stack.stop());

const operator = (...args: readonly string[]): Promise<CommandEnd> =>
  flagbridge([...args, "--url", stack.url], { cwd: folder.path });

/** As Segment's LaunchDarkly Audiences destination sends it. */
async function hosted(...members: readonly string[]): Promise<void> {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/api/v2/segment-targets/segment-audiences`, {
    method: "POST",
    headers: { authorization: "token", "content-type": "application/json" },
    body: JSON.stringify({
      environmentId: "id",
      contextKind: "user",
      batch: members.map((userId) => ({ userId, cohortId: "aud_beta", cohortName: "Beta", value: true })),
    }),
  });
  expect(answer.status).toBe(204);
}

/** As Segment's webhook sends it. */
async function webhook(connection: "copy" | "engage", ...members: readonly string[]): Promise<void> {
  const personas = { computation_class: "audience", computation_id: "aud_beta", computation_key: "beta" };
  const answer = await fetch(`${stack.url}/c/${connection}`, {
    method: "POST",
    headers: { authorization: `Bearer ${connection}-token` },
    body: JSON.stringify(
      members.map((userId) => ({
        ...{ type: "identify", userId, messageId: `${connection}-${userId}` },
        ...{ timestamp: new Date().toISOString(), traits: { beta: true }, context: { personas } },
      })),
    ),
  });
  expect(answer.status).toBe(200);
}

const differences = z.object({
  missing: z.array(z.object({ key: z.string() })),
  extra: z.array(z.object({ key: z.string() })),
});

async function diff(...options: readonly string[]) {
  const { stdout } = await operator("diff", "--json", ...options);
  const { missing, extra } = differences.parse(JSON.parse(stdout));
  return { missing: missing.map(({ key }) => key).sort(), extra: extra.map(({ key }) => key).sort() };
}

const segmentsThere = async () => {
  const answer = await fetch(`${stack.url}/sandbox/launchdarkly/api/v2/segments/web/production?limit=50`, {
    headers: { authorization: "token" },
  });
  const { items } = z.object({ items: z.array(z.object({ name: z.string() })) }).parse(await answer.json());
  return items.map(({ name }) => name).sort();
};

const file = async (name: string, keys: readonly string[]): Promise<string> => {
  const path = join(folder.path, name);
  await writeFile(path, ["key", ...keys, ""].join("\n"));
  return path;
};

test("an audience moves from Segment's own connector to Flagbridge, and its segment stays the same", async () => {
  await hosted("ana", "bob", "has-left");
  await webhook("copy", "ana", "bob", "new");

  const { extra: members } = await diff("--segment", "aud_beta", "--connection", "engage", "--all");
  expect(members).toEqual(["ana", "bob", "has-left"]);
  const export_ = await file("hosted.csv", members);
  await vi.waitFor(
    async () =>
      expect(await diff("--segment", "aud_beta-copy", "--connection", "copy")).toEqual({
        missing: [],
        extra: [],
      }),
    { timeout: 60_000, interval: 500 },
  );
  expect(await diff("--segment", "aud_beta-copy", "--connection", "copy", "--file", export_)).toEqual({
    missing: ["has-left"],
    extra: ["new"],
  });

  const at = new Date(Date.now() - 60_000).toISOString();
  const into = ["--connection", "engage", "--segment", "aud_beta"];
  expect(await operator("backfill", export_, ...into, "--at", at)).toMatchObject({ code: 0 });
  await webhook("engage", "ana", "bob", "new");
  const truth = await file("audience.csv", ["ana", "bob", "new"]);
  expect(
    await operator("backfill", truth, ...into, "--mirror", "--allow-removing", "50", "--yes"),
  ).toMatchObject({ code: 0 });
  await vi.waitFor(
    async () =>
      expect(await diff("--segment", "aud_beta", "--connection", "engage", "--all", "--file", truth)).toEqual(
        {
          missing: [],
          extra: [],
        },
      ),
    { timeout: 60_000, interval: 500 },
  );
  expect(await segmentsThere()).toEqual(["Beta", "Beta users (copy)"]);
});
