import { describe, expect, test } from "vitest";
import { connectionsOf } from "../../test/support/doctor-environment.ts";
import { type StoredSecret, secretsCheck } from "./secrets.ts";

const yaml = (instance: string) => `
launchdarkly:
  production: { clientSideId: one, instance: ${instance}, secret: launchdarkly }
connections:
  own: { source: flagbridge, secret: own, audiences: { to: [production] } }
  other: { source: flagbridge, secret: other, audiences: { to: [production] } }
`;
const text = (value: unknown): StoredSecret => ({ kind: "text", text: JSON.stringify(value) });

async function lineOf(stored: StoredSecret | undefined, instance = "us") {
  const secrets = new Map<string, StoredSecret>([
    ["launchdarkly", text({ accessToken: "api-4f6a" })],
    ["other", text({ tokens: ["kJ3x"] })],
  ]);
  if (stored) secrets.set("own", stored);
  const check = secretsCheck(connectionsOf(yaml(instance)), secrets, { secretPrefix: "flagbridge/prod/" });
  const lines = await check.run();
  return { lines, own: lines.find(({ found }) => found.startsWith("own: ")) };
}

test.each<[string, StoredSecret | undefined, string, RegExp]>([
  ["one with the right shape is ok", text({ tokens: ["zP9w"] }), "ok", /shape that connections\.own needs/],
  ["one that is missing has failed", undefined, "failed", /flagbridge\/prod\/own.*does not exist/],
  ["an empty one has failed", { kind: "empty" }, "failed", /no value/],
  ["one that is not JSON has failed", { kind: "text", text: "zP9w" }, "failed", /not JSON/],
  ["one of another shape has failed", text({ token: "zP9w" }), "failed", /expected no members but/],
  [
    "one that may not be read is skipped with the right",
    { kind: "denied", permission: "kms:Decrypt" },
    "skipped",
    /kms:Decrypt/,
  ],
  ["one that cannot be read has failed", { kind: "unreadable", code: "Timeout" }, "failed", /Timeout/],
  ["a sample of the documentation has failed", text({ tokens: ["…"] }), "failed", /sample/],
  ["a placeholder has failed", text({ tokens: ["<your token>"] }), "failed", /sample/],
  ["one of the sandbox has failed", text({ tokens: ["dev-token"] }), "failed", /sandbox/],
])("a secret: %s", async (_name, stored, status, found) => {
  const { own } = await lineOf(stored);
  expect(own).toMatchObject({ id: "secrets.shape", status });
  expect(own?.found).toMatch(found);
  expect(JSON.stringify(own)).not.toContain("zP9w");
});

describe("where every destination is on this machine", () => {
  const sandbox =
    "{ api: http://localhost:3000/sandbox/launchdarkly, events: http://localhost:3000/sandbox/launchdarkly }";
  test("the values of the sandbox are the right ones", async () => {
    expect((await lineOf(text({ tokens: ["dev-token"] }), sandbox)).own).toMatchObject({ status: "ok" });
  });
});

test("connections that share a key are named, and the key is not", async () => {
  const { lines } = await lineOf(text({ tokens: ["kJ3x"] }));
  const shared = lines.find(({ id }) => id === "secrets.shared");
  expect(shared).toMatchObject({ status: "failed", found: expect.stringContaining("connections.other") });
  expect(JSON.stringify(lines)).not.toContain("kJ3x");
});

test("write keys that could erase anybody are a warning, and tokens are not", async () => {
  const erasing = yaml("us").replace("secret: own,", "secret: own, erasures: true,");
  const linesOf = async (own: object) => {
    const secrets = new Map([
      ["launchdarkly", text({ accessToken: "api-4f6a" })],
      ["own", text(own)],
      ["other", text({ writeKeys: ["kJ3x"] })],
    ]);
    const lines = await secretsCheck(connectionsOf(erasing), secrets, {
      secretPrefix: "flagbridge/prod/",
    }).run();
    return lines.filter(({ id }) => id === "secrets.erasures");
  };
  expect(await linesOf({ tokens: ["zP9w"] })).toEqual([]);
  expect(await linesOf({ tokens: ["zP9w"], writeKeys: ["wK2m"] })).toMatchObject([
    { status: "warning", found: expect.stringContaining("connections.own takes erasure requests") },
  ]);
});
