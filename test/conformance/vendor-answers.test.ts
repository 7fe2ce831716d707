import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type IngestRequest, ingest } from "../../functions/ingest/ingest.ts";
import type { ConnectionSecret } from "../../lib/connections/check-secrets.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import type { QueueOutcome } from "../../lib/delivery/settle-queues.ts";
import type { SecretAnswer } from "../../lib/http/credential.ts";
import { memoryReplays } from "../support/memory-replays.ts";
import { undocumented } from "../support/openapi-document.ts";

const RECEIVED_AT = Date.parse("2026-05-03T12:00:00.000Z");
const SECRETS: Readonly<Record<string, SecretAnswer<ConnectionSecret>>> = {
  mixpanel: { kind: "usable", value: { writeKeys: ["mixpanel-key"] } },
  mparticle: { kind: "usable", value: { tokens: ["api-key", "Token from-mparticle"] } },
};

type Around = {
  readonly secrets?: Readonly<Record<string, SecretAnswer<ConnectionSecret>>>;
  readonly send?: () => QueueOutcome;
};

async function post(path: string, request: Partial<IngestRequest>, { secrets = SECRETS, send }: Around = {}) {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: Object.fromEntries(
      Object.keys(SECRETS).map((name) => [
        name,
        { source: name, secret: name, audiences: { to: ["production"] } },
      ]),
    ),
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { answer, record } = await ingest(
    {
      method: "POST",
      path,
      headers: {},
      body: undefined,
      isBase64Encoded: false,
      requestId: "request-1",
      ...request,
    },
    {
      connections: checked.connections,
      readSecrets: async (names) =>
        new Map(names.map((name) => [name, secrets[name] ?? { kind: "unusable", problem: `no ${name}` }])),
      send: async ({ bodies }) => bodies.map(() => send?.() ?? { kind: "confirmed" }),
      replays: memoryReplays(),
      now: () => RECEIVED_AT,
      digest: (text) => createHash("sha256").update(text).digest("hex"),
      version: "0.0.0",
      openapi: () => "{}",
    },
  );
  const { statusCode: status, headers, body: text } = answer;
  expect(undocumented({ method: "POST", path, status, headers, text })).toEqual([]);
  return { status, headers, body: JSON.parse(text), record };
}

const basic = (user: string, password = "") => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });

describe("Mixpanel is answered in its own shape", () => {
  const body = JSON.stringify({
    action: "add_members",
    parameters: { mixpanel_cohort_id: "1", members: [{ mixpanel_distinct_id: "ana" }] },
  });
  const failure = (status: number, action: string | null, code: string) => ({
    action,
    status: "failure",
    error: { message: expect.stringMatching(new RegExp(` \\(${code}, request request-1\\)$`)), code: status },
  });

  test("when the user name is a write key, whatever the password is", async () => {
    expect(await post("/c/mixpanel", { headers: basic("mixpanel-key", "any"), body })).toMatchObject({
      status: 200,
      body: { action: "add_members", status: "success" },
    });
  });

  test.each([
    ["the user name is another", 401, "unauthorized", "add_members", { headers: basic("other"), body }],
    ["there is none", 401, "unauthorized", "add_members", { body }],
    [
      "the body is no JSON",
      400,
      "malformed_json",
      null,
      { headers: basic("mixpanel-key"), body: '{"action":"add_members"' },
    ],
    ["there is no body", 400, "malformed_json", null, { headers: basic("mixpanel-key") }],
    [
      "the encoding is unknown",
      415,
      "unsupported_encoding",
      null,
      { headers: { ...basic("mixpanel-key"), "content-encoding": "br" }, body },
    ],
    [
      "the body is too large",
      413,
      "body_too_large",
      null,
      { headers: basic("mixpanel-key"), body: " ".repeat(4 * 1_024 * 1_024 + 1) },
    ],
    [
      "the action is no word",
      400,
      "malformed_request",
      null,
      { headers: basic("mixpanel-key"), body: JSON.stringify({ action: "a".repeat(65), parameters: {} }) },
    ],
  ] as const)("when %s", async (_name, status, code, action, request) => {
    const answer = await post("/c/mixpanel", request);
    expect({ status: answer.status, body: answer.body }).toEqual({
      status,
      body: failure(status, action, code),
    });
    expect(answer.record).toMatchObject({ status, code });
  });

  test("when the queue does not take it, with the time after which to repeat", async () => {
    const request = { headers: basic("mixpanel-key"), body };
    const answer = await post("/c/mixpanel", request, {
      send: () => ({ kind: "failed", code: "Throttled" }),
    });
    expect(answer).toMatchObject({
      status: 503,
      headers: { "retry-after": "5", "content-type": "application/json" },
      body: failure(503, "add_members", "queue_unavailable"),
    });
  });

  test("when the secret is not right, so that the sync is not paused", async () => {
    const answer = await post("/c/mixpanel", { headers: basic("mixpanel-key"), body }, { secrets: {} });
    expect(answer).toMatchObject({ status: 503, body: failure(503, "add_members", "misconfigured") });
  });

  test("but not when nobody can say that it is Mixpanel", async () => {
    const answer = await post("/c/mixpannel", { headers: basic("mixpanel-key"), body });
    expect(answer).toMatchObject({
      status: 404,
      body: { code: "no_such_connection", requestId: "request-1" },
    });
  });
});

describe("mParticle", () => {
  const registration = JSON.stringify({ type: "module_registration_request", id: "id-1", timestamp_ms: 1 });
  const changeWith = (account?: object) =>
    JSON.stringify({ type: "audience_membership_change_request", id: "id-1", timestamp_ms: 1, account });

  test.each([
    ["without credentials", {}, SECRETS],
    ["with a token that does not exist yet", { authorization: "Token new" }, SECRETS],
    ["before there is a secret", {}, {}],
  ])("may read the registration %s", async (_name, headers, secrets) => {
    const answer = await post("/c/mparticle", { headers, body: registration }, { secrets });
    expect(answer).toMatchObject({
      status: 200,
      body: { type: "module_registration_response", id: "id-1", timestamp_ms: RECEIVED_AT },
      record: { connection: "mparticle", accepted: 0, messages: 0 },
    });
  });

  test.each([
    ["the key among its account's settings", {}, { account_settings: { apiKey: "api-key" } }],
    ["the token that it sends", { authorization: "Token from-mparticle" }, undefined],
  ])("proves itself by %s", async (_name, headers, account) => {
    expect(await post("/c/mparticle", { headers, body: changeWith(account) })).toMatchObject({
      status: 200,
      body: { type: "audience_membership_change_response", suspend_subscription: false },
    });
  });

  test.each([
    ["no key", {}, undefined],
    ["another key", {}, { account_settings: { apiKey: "other" } }],
    [
      "another token, whatever key it has beside it",
      { authorization: "Token other" },
      { account_settings: { apiKey: "api-key" } },
    ],
  ])("is turned away in Flagbridge's own shape with %s", async (_name, headers, account) => {
    expect(await post("/c/mparticle", { headers, body: changeWith(account) })).toMatchObject({
      status: 401,
      body: { code: "unauthorized", requestId: "request-1" },
    });
  });

  test("is not let in by a registration that has profiles in it", async () => {
    const body = JSON.stringify({
      type: "module_registration_request",
      user_profiles: [
        {
          user_identities: [{ type: "customer", encoding: "raw", value: "ana" }],
          audiences: [{ audience_id: 1, audience_name: "One", action: "add" }],
        },
      ],
    });
    const answer = await post("/c/mparticle", { body });
    expect(answer.record).toMatchObject({ status: 200, accepted: 0, messages: 0 });
  });
});
