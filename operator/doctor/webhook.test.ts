import { afterEach, expect, test } from "vitest";
import {
  type Answers,
  type AskedServer,
  askedServer,
  connectionsOf,
} from "../../test/support/doctor-environment.ts";
import type { StoredSecret } from "./secrets.ts";
import { webhookCheck } from "./webhook.ts";

let server: AskedServer | undefined;
afterEach(() => server?.close());

const WEBHOOKS = "GET /api/v2/webhooks";
const FLAGS = [{ effect: "allow", resources: ["proj/*:env/*:flag/*"], actions: ["*"] }];
const SIGNED = { url: "https://api.example/c/changes", on: true, secret: "sign-1", statements: FLAGS };

async function linesWith(
  answers: Answers,
  { secret = { signingSecrets: ["sign-1"] } as object, only = "" } = {},
) {
  server = await askedServer(answers);
  const { connections } = connectionsOf(`
posthog: { main: { host: https://eu.i.posthog.com, secret: main } }
connections:
  changes: { source: launchdarkly, secret: changes, posthog: { to: [main] ${only} } }
`);
  const connection = connections.changes;
  if (!connection) throw new Error("no connection");
  const secrets = new Map<string, StoredSecret>([
    ["changes", { kind: "text", text: JSON.stringify(secret) }],
  ]);
  const url = "https://api.example/c/changes";
  const check = webhookCheck("changes", { connection, secrets, url, environments: [server.environment] });
  return check.run();
}

const webhooks = (...items: readonly object[]) => ({ [WEBHOOKS]: { items } });

test.each<[string, Answers, readonly string[], RegExp]>([
  ["one that is on, signed and with a policy is ok", webhooks(SIGNED), ["ok", "ok"], /signed with a secret/],
  [
    "a slash at the end of its URL is no difference",
    webhooks({ ...SIGNED, url: `${SIGNED.url}/` }),
    ["ok", "ok"],
    /./,
  ],
  [
    "none with our URL has failed",
    webhooks({ ...SIGNED, url: "https://api.example/c/other" }),
    ["failed"],
    /none of LaunchDarkly's 1 webhooks/,
  ],
  [
    "one with our secret at another address is ours, and a warning",
    webhooks({ ...SIGNED, url: "https://hooks.example/c/changes" }),
    ["warning", "ok", "ok"],
    /sends to hooks\.example, and this API is at api\.example/,
  ],
  [
    "one with another secret at another address is not ours",
    webhooks({ ...SIGNED, url: "https://hooks.example/c/changes", secret: "sign-2" }),
    ["failed"],
    /none of LaunchDarkly's 1 webhooks/,
  ],
  ["one that is off has failed", webhooks({ ...SIGNED, on: false }), ["failed"], /is off/],
  [
    "of two with our URL the one that is on counts",
    webhooks({ ...SIGNED, on: false }, SIGNED),
    ["ok", "ok"],
    /./,
  ],
  [
    "one that is not signed has failed",
    webhooks({ ...SIGNED, secret: undefined }),
    ["failed", "ok"],
    /not signed/,
  ],
  [
    "one with another secret has failed",
    webhooks({ ...SIGNED, secret: "sign-2" }),
    ["failed", "ok"],
    /another secret/,
  ],
  [
    "one whose secret is hidden is not known",
    webhooks({ ...SIGNED, secret: "••••" }),
    ["skipped", "ok"],
    /does not show/,
  ],
  ["one without a policy is a warning", webhooks({ ...SIGNED, statements: [] }), ["ok", "warning"], /signed/],
  ["a right that is missing is named", { [WEBHOOKS]: { status: 403 } }, ["skipped"], /viewing webhooks/],
  ["a refused token leaves it skipped", { [WEBHOOKS]: { status: 401 } }, ["skipped"], /refuses the token/],
])("%s", async (_name, answers, statuses, found) => {
  const lines = await linesWith(answers);
  expect(lines.map(({ status }) => status)).toEqual(statuses);
  expect(lines[0]?.found).toMatch(found);
  expect(JSON.stringify(lines)).not.toMatch(/sign-[12]/);
});

test.each<[string, object, string]>([
  ["one that sends a bearer token is ok", { hasBearerToken: true }, "ok"],
  ["one that sends none has failed", { hasBearerToken: false }, "failed"],
  ["one that does not say is not known", {}, "skipped"],
])("where the connection has tokens alone: %s", async (_name, more, status) => {
  const answers = webhooks({ ...SIGNED, secret: undefined, ...more });
  const [line] = await linesWith(answers, { secret: { tokens: ["bearer-1"] } });
  expect(line).toMatchObject({ id: "webhook.signature", status });
});

test("a policy that leaves out what the connection lets through has failed, and says what", async () => {
  const answers = webhooks({
    ...SIGNED,
    statements: [{ effect: "allow", resources: ["proj/*:env/production:flag/*"], actions: ["*"] }],
  });
  const [, policy] = await linesWith(answers, { only: ", only: { environments: [test] }" });
  expect(policy).toMatchObject({
    id: "webhook.policy",
    status: "failed",
    found: expect.stringContaining("changes of kind flag in test"),
  });
});

test("without a policy other environments than production are left out", async () => {
  const [, policy] = await linesWith(webhooks({ ...SIGNED, statements: null }), {
    only: ", only: { environments: [production, test] }",
  });
  expect(policy).toMatchObject({ status: "failed", found: expect.stringContaining("in test") });
});
