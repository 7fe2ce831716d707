import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reduceEntry } from "../../lib/flag-changes/reduce.ts";
import { type TemporaryFolder, temporaryFolder } from "../../test/support/temporary-folder.ts";
import { listenOnLoopback } from "../listen.ts";
import { auditLogRoutes } from "./audit-log.ts";
import { createFaults, type Faults } from "./faults.ts";
import { type FlagStore, openFlagStore } from "./flag-store.ts";
import { flagRoutes } from "./flags.ts";
import { sandboxServer } from "./route.ts";
import { startWebhooks, type Webhooks, type WebhookTarget } from "./webhooks.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };

type Delivery = { readonly headers: IncomingMessage["headers"]; readonly body: string };
type Entry = Record<string, unknown> & { readonly _id: string; readonly date: number };

const servers: Server[] = [];
let flags: FlagStore;
let faults: Faults;
let webhooks: Webhooks;
let base: string;
let deliveries: Delivery[];
/** What the receiver of webhooks answers, one after the other; then 200. */
let statuses: (number | "wait")[];
let release: () => void;
/** What the webhook proves itself with. */
let target: Omit<WebhookTarget, "url">;

beforeEach(async () => {
  deliveries = [];
  statuses = [];
  release = () => {};
  target = { signingSecret: "secret" };
  const receiver = await listen(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      deliveries.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      const status = statuses.shift() ?? 200;
      if (status === "wait") await new Promise<void>((resolve) => (release = resolve));
      response.writeHead(status === "wait" ? 200 : status);
      response.end();
    }),
  );
  flags = openFlagStore();
  faults = createFaults();
  webhooks = startWebhooks(() => [{ url: `${receiver}/c/one`, ...target }], 1);
  const environments = ["production", "test"].map((environment) => ({ project: "web", environment }));
  const url = await listen(
    createServer(
      sandboxServer([
        ...flagRoutes({ flags, webhooks, environments, now: Date.now }),
        ...auditLogRoutes({ accessTokens: () => new Set(["token"]), flags, faults }),
      ]),
    ),
  );
  base = `${url}/sandbox/launchdarkly`;
});

afterEach(async () => {
  release();
  await webhooks.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  flags.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  return `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
}

async function toggle(key: string, body?: object): Promise<Entry> {
  const answer = await fetch(`${base}/flags/${key}/toggle?full=true`, {
    method: "POST",
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Entry;
}

async function get(path: string, token = "token") {
  const answer = await fetch(`${base}/api/v2/auditlog${path}`, { headers: { authorization: token } });
  const body = (await answer.json()) as {
    items: Entry[];
    _links: { next?: { href: string } };
  };
  return { status: answer.status, body, ids: body.items?.map(({ _id }) => _id) };
}

describe("a toggle", () => {
  test("turns the flag over, and the entry has it before and after", async () => {
    const on = { environments: { production: { on: true }, test: { on: false } } };
    const off = { environments: { production: { on: false } } };
    expect(await toggle("checkout")).toMatchObject({
      titleVerb: "turned on the flag",
      accesses: [{ action: "updateOn", resource: "proj/web:env/production:flag/checkout" }],
      previousVersion: off,
      currentVersion: on,
    });
    expect(await toggle("checkout")).toMatchObject({ titleVerb: "turned off the flag", currentVersion: off });
    expect(await toggle("checkout", { on: false })).toMatchObject({
      previousVersion: off,
      currentVersion: off,
    });
  });

  test("is made where, by whom and with what it is told", async () => {
    const entry = await toggle("checkout", {
      project: "app",
      environment: "test",
      name: "Check-out *now*",
      tags: ["qa", "web"],
      comment: "why",
      member: { email: "bo@example.com" },
      date: 1_700_000_000_000,
      withRules: true,
    });
    expect(entry).toMatchObject({
      date: 1_700_000_000_000,
      comment: "why",
      member: { email: "bo@example.com" },
      titleVerb: "updated the flag",
      accesses: [
        { action: "updateOn", resource: "proj/app:env/test:flag/checkout;qa,web" },
        { action: "updateRules" },
      ],
    });
    expect(entry.title).toContain(
      "[bo@example\\.com](mailto:bo@example.com) updated the flag [Check\\-out \\*now\\*](",
    );
    expect(await toggle("checkout", { member: null })).toMatchObject({ token: { serviceToken: true } });
  });

  test("is answered by what it did, in a line, and by the whole entry when that is asked for", async () => {
    const turn = async (query: string, order: object) => {
      const answer = await fetch(`${base}/flags/checkout/toggle${query}`, {
        method: "POST",
        body: JSON.stringify({ date: 1_700_000_000_000, ...order }),
      });
      return answer.json();
    };
    const said = { flag: "checkout", project: "web", environment: "production", date: 1_700_000_000_000 };

    expect(await turn("", {})).toEqual({
      ...said,
      _id: expect.any(String),
      on: true,
      webhooks: ["/c/one"],
    });
    expect(await turn("", { webhook: false })).toMatchObject({ ...said, on: false, webhooks: [] });
    expect(await turn("?full=true", {})).toMatchObject({ kind: "flag", titleVerb: "turned on the flag" });
    expect((await get("")).ids).toHaveLength(3);
  });

  test("is an entry that Flagbridge reads", async () => {
    const reduced = reduceEntry(await toggle("checkout", { tags: ["web"] }), { index: 0, digest: String });
    expect(reduced).toMatchObject({
      kind: "change",
      change: { kind: "flag", name: "checkout", accesses: [{ on: true }], tags: ["web"] },
    });
  });

  test.each<[string, string, string]>([
    ["an unknown member", "checkout", '{"flag":"x"}'],
    ["no JSON", "checkout", "{"],
    ["another type", "checkout", '{"on":"yes"}'],
    ["a key that is none", "check%20out", "{}"],
  ])("with %s is refused", async (_, key, body) => {
    const answer = await fetch(`${base}/flags/${key}/toggle`, { method: "POST", body });
    expect(answer.status).toBe(400);
    expect((await get("")).body.items).toEqual([]);
  });
});

describe("a webhook", () => {
  test("brings the entry byte for byte as it was signed, with LaunchDarkly's headers", async () => {
    const entry = await toggle("checkout");
    await expect.poll(() => deliveries.length, patiently).toBe(1);
    const [delivery] = deliveries;
    expect(JSON.parse(delivery?.body ?? "")).toEqual(entry);
    expect(delivery?.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "LD-Integrations/1.0",
      "x-ld-signature": createHmac("sha256", "secret")
        .update(delivery?.body ?? "")
        .digest("hex"),
    });
  });

  test("has its connection's token when it has one, signed or not", async () => {
    target = { bearerToken: "token" };
    await toggle("checkout");
    await expect.poll(() => deliveries.length, patiently).toBe(1);
    expect(deliveries[0]?.headers).toMatchObject({ authorization: "Bearer token" });
    expect(deliveries[0]?.headers).not.toHaveProperty("x-ld-signature");
  });

  test("is repeated once after an answer that is not 2xx, and no more", async () => {
    statuses = [503, 401, 200];
    await toggle("checkout");
    await expect.poll(() => deliveries.length, patiently).toBe(2);
    await sleep(50);
    expect(deliveries.map(({ body }) => body)).toEqual([deliveries[0]?.body, deliveries[0]?.body]);
  });

  test("keeps nobody waiting who toggles", async () => {
    statuses = ["wait"];
    await toggle("checkout");
    await expect.poll(() => deliveries.length, patiently).toBe(1);
    expect((await get("")).ids).toHaveLength(1);
  });

  test("can be dropped on purpose: the entry is in the log all the same", async () => {
    const { _id } = await toggle("checkout", { webhook: false });
    await webhooks.stop();
    expect(deliveries).toEqual([]);
    expect((await get("")).ids).toEqual([_id]);
  });
});

describe("the audit log", () => {
  const dated = async (count: number): Promise<string[]> => {
    const made: string[] = [];
    for (let date = 1; date <= count; date += 1)
      made.unshift((await toggle("checkout", { date, webhook: false }))._id);
    return made;
  };

  test("has ten entries a page unless told, newest first, and a link to the next one", async () => {
    const ids = await dated(25);
    const first = await get("");
    expect(first.ids).toEqual(ids.slice(0, 10));
    const second = await get(first.body._links.next?.href.replace("/api/v2/auditlog", "") ?? "");
    expect(second.ids).toEqual(ids.slice(10, 20));
    const last = await get("?limit=20&before=6");
    expect(last.ids).toEqual(ids.slice(20));
    expect(last.body._links).not.toHaveProperty("next");
  });

  test("leaves out the moments that it is asked for before and after", async () => {
    const ids = await dated(5);
    expect((await get("?after=2&before=5")).ids).toEqual(ids.slice(1, 3));
  });

  test("lists no versions, which the entry itself has", async () => {
    const { _id, currentVersion } = await toggle("checkout");
    expect((await get("")).body.items[0]).not.toHaveProperty("currentVersion");
    expect((await get(`/${_id}`)).body).toMatchObject({ _id, currentVersion });
    expect((await get("/unknown")).status).toBe(404);
  });

  test.each([
    ["proj/*:env/*:flag/*", true],
    ["proj/web:env/prod*:flag/checkout", true],
    ["proj/*:env/*:flag/*;web", true],
    ["proj/*:env/*:flag/*;other", false],
    ["proj/app:env/*:flag/*", false],
    ["proj/*:env/test:flag/*", false],
    ["proj/*:flag/*", false],
    ["proj/*:env/*:segment/*", false],
  ])("by the specifier %s has a flag of production: %s", async (spec, isThere) => {
    await toggle("checkout", { tags: ["web"], webhook: false });
    expect((await get(`?spec=${encodeURIComponent(spec)}`)).ids).toHaveLength(isThere ? 1 : 0);
  });

  test.each([
    ["?limit=21", 400],
    ["?limit=0", 400],
    ["?before=soon", 400],
  ])("refuses %s with %i", async (query, status) => {
    expect((await get(query)).status).toBe(status);
  });

  test("wants a token, and has faults of its own", async () => {
    expect((await get("", "other")).status).toBe(401);
    faults.add([{ fault: "status", status: 429, headers: {}, on: "audit-log", times: 1 }]);
    expect((await get("")).status).toBe(429);
    expect((await get("")).status).toBe(200);
  });
});

describe("flags and log", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  test("are kept in a file", async () => {
    const file = join(folder.path, "flags.db");
    const first = openFlagStore(file);
    const flag = {
      project: "web",
      key: "a",
      name: "A",
      tags: [],
      version: 1,
      createdAt: 1,
      environments: {},
    };
    first.change(flag, { _id: "e1", date: 1 });
    first.close();
    const again = openFlagStore(file);
    expect([again.flag("web", "a"), again.entry("e1"), [...again.entries(0, 2)]]).toEqual([
      flag,
      { _id: "e1", date: 1 },
      [{ _id: "e1", date: 1 }],
    ]);
    again.close();
  });
});
