import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditLogServer, entryAt, startAuditLogServer } from "../../../test/support/audit-log-server.ts";
import { limitOf, noLimits } from "../../http/rate-limit.ts";
import { type HttpSession, openHttpSession } from "../../http/session.ts";
import { openClient } from "../client.ts";
import { type AuditLog, auditLog } from "./request.ts";

let server: AuditLogServer;
let session: HttpSession;
let log: AuditLog;
let tokens: string[];
const nowMs = 1_800_000_000_000;

beforeEach(async () => {
  server = await startAuditLogServer();
  session = openHttpSession();
  tokens = ["token"];
  const client = openClient(
    { api: server.url, timeoutMs: 5_000, userAgent: "Flagbridge/1" },
    {
      http: session,
      now: () => nowMs,
      accessToken: async (after) => {
        // As the cache of secrets: what a doubt has brought is what is read from then on.
        if (after === tokens[0] && tokens.length > 1) tokens.shift();
        const [token = after] = tokens;
        if (token === undefined) throw new Error("no secret");
        return token;
      },
      limit: limitOf(noLimits(), { account: "secret" }),
    },
  );
  log = auditLog(client);
});

afterEach(async () => {
  session.close();
  await server.stop();
});

const query = { spec: "proj/*:env/*:flag/*;a b", from: 100, place: { before: 900 } };

test("a page is asked for with everything that LaunchDarkly has to be told", async () => {
  server.entries.push(entryAt(500, "a"), entryAt(600, "b"), entryAt(900, "c"));
  expect(await log.page(query)).toMatchObject({ kind: "page", entries: [{ _id: "b" }, { _id: "a" }] });
  const [request] = server.requests;
  expect(Object.fromEntries(new URL(request?.path ?? "", server.url).searchParams)).toEqual({
    after: "99",
    before: "900",
    limit: "20",
    spec: "proj/*:env/*:flag/*;a b",
  });
  expect(request?.headers).toMatchObject({
    authorization: "token",
    "ld-api-version": "20240415",
    "user-agent": "Flagbridge/1",
  });
});

test("LaunchDarkly's link is followed", async () => {
  server.entries.push(...Array.from({ length: 25 }, (_, index) => entryAt(500, `e${index}`)));
  const first = await log.page(query);
  if (first.kind !== "page" || first.next === undefined) throw new Error("expected a page with a link");
  expect(await log.page({ ...query, place: { before: 900, next: first.next } })).toMatchObject({
    entries: { length: 5 },
  });
});

test.each([
  "https://example.com/api/v2/auditlog?before=1",
  "//example.com/api/v2/auditlog?x",
  "@example.com/",
  7,
])("a link to %s is none: the token must not go there", async (href) => {
  const body = JSON.stringify({ items: [], _links: { next: { href } } });
  server.intercept = () => ({ status: 200, body });
  expect(await log.page(query)).toEqual({ kind: "page", entries: [] });
});

test("an entry is read with what the list leaves out", async () => {
  server.entries.push(entryAt(500, "a/b", { currentVersion: { tags: ["x"] } }));
  server.intercept = (path) =>
    path === "/api/v2/auditlog/a%2Fb" ? { status: 200, body: '{"_id":"a/b"}' } : { status: 500 };
  expect(await log.entry("a/b")).toEqual({ kind: "entry", entry: { _id: "a/b" } });
});

describe("an answer", () => {
  test.each<[number, object]>([
    [400, { kind: "misconfigured", code: "launchdarkly-400" }],
    [401, { kind: "misconfigured", code: "launchdarkly-401" }],
    [403, { kind: "misconfigured", code: "launchdarkly-403" }],
    [404, { kind: "misconfigured", code: "launchdarkly-404" }],
    [302, { kind: "misconfigured", code: "launchdarkly-302" }],
    [408, { kind: "failed", code: "launchdarkly-408" }],
    [503, { kind: "failed", code: "launchdarkly-503" }],
    [429, { kind: "limited", untilMs: nowMs + 10_000 }],
  ])("of %i is what it means", async (status, meaning) => {
    server.intercept = () => ({ status });
    expect(await log.page(query)).toEqual(meaning);
    expect(server.requests).toHaveLength(1);
  });

  test.each(["", "<html>", "[]", '{"items":3}'])("of %j is no page", async (body) => {
    server.intercept = () => ({ status: 200, body });
    expect(await log.page(query)).toEqual({ kind: "failed", code: "unreadable-answer" });
  });

  test("that does not come is a failure", async () => {
    await server.stop();
    expect(await log.page(query)).toEqual({ kind: "failed", code: "connection-refused" });
    server = await startAuditLogServer();
  });
});

test("no request starts that the headers say would be refused", async () => {
  const headers = { "x-ratelimit-global-remaining": "0", "x-ratelimit-reset": String(nowMs + 5_000) };
  server.intercept = () => ({ status: 200, body: '{"items":[]}', headers });
  expect(await log.page(query)).toMatchObject({ kind: "page" });
  expect(await log.page(query)).toEqual({ kind: "limited", untilMs: nowMs + 5_000 });
  expect(await log.entry("a")).toEqual({ kind: "limited", untilMs: nowMs + 5_000 });
  expect(server.requests).toHaveLength(1);
});

test("a limit of the list does not stop the entries, and one of the token stops both", async () => {
  const reset = String(nowMs + 5_000);
  const headers = { "x-ratelimit-route-remaining": "0", "x-ratelimit-reset": reset };
  server.intercept = () => ({ status: 200, body: '{"items":[]}', headers });
  expect(await log.page(query)).toMatchObject({ kind: "page" });
  expect(await log.page(query)).toEqual({ kind: "limited", untilMs: nowMs + 5_000 });
  const ofToken = { "x-ratelimit-auth-token-remaining": "0", "x-ratelimit-auth-token-reset": reset };
  server.intercept = () => ({ status: 200, body: "{}", headers: ofToken });
  expect(await log.entry("a")).toMatchObject({ kind: "entry" });
  expect(await log.entry("a")).toEqual({ kind: "limited", untilMs: nowMs + 5_000 });
});

test("a token that was rotated is tried at once", async () => {
  tokens = ["old", "new"];
  server.intercept = (_, count) => (count === 1 ? { status: 401 } : undefined);
  expect(await log.page(query)).toMatchObject({ kind: "page" });
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["old", "new"]);
});

test("a secret that cannot be read is for a person", async () => {
  tokens = [];
  expect(await log.page(query)).toEqual({ kind: "misconfigured", code: "secret-unreadable" });
});
