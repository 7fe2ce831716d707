import { afterEach, describe, expect, test } from "vitest";
import {
  type Answers,
  type AskedServer,
  askedServer,
  ENVIRONMENT,
  PLACE,
} from "../../test/support/doctor-environment.ts";
import { tokenCheck } from "./token.ts";

let server: AskedServer | undefined;
afterEach(() => server?.close());

const IDENTITY = { authKind: "token", tokenName: "CI", memberId: "5e", serviceToken: true };
const VERSIONS = { validVersions: [20240415, 20220603], latestVersion: 20240415, currentVersion: 20240415 };
const WELL: Answers = {
  "GET /api/v2/caller-identity": IDENTITY,
  "GET /api/v2/versions": VERSIONS,
  [PLACE]: ENVIRONMENT,
};

async function linesWith(answers: Answers, keys?: string) {
  server = await askedServer({ ...answers, ...WELL, ...answers }, keys);
  return tokenCheck(server.environment, server.ports).run();
}

test.each<[string, Answers, string, RegExp]>([
  ["a service token is ok, and named", {}, "ok", /service token "CI"/],
  [
    "a personal token is a warning",
    { "GET /api/v2/caller-identity": { ...IDENTITY, serviceToken: false } },
    "warning",
    /personal token "CI" of member 5e/,
  ],
  ["a token that is refused has failed", { "GET /api/v2/caller-identity": { status: 401 } }, "failed", /401/],
  ["no answer has failed", { "GET /api/v2/caller-identity": "reset" }, "failed", /did not answer/],
  [
    "a page that is no API has failed",
    { "GET /api/v2/caller-identity": { status: 200, body: "<html>" } },
    "failed",
    /is not LaunchDarkly/,
  ],
  [
    "an error of the server is skipped",
    { "GET /api/v2/caller-identity": { status: 500, body: '{"message":"Oops"}' } },
    "skipped",
    /500: Oops/,
  ],
])("%s", async (_name, answers, status, found) => {
  const [line] = await linesWith(answers);
  expect(line).toMatchObject({ id: "launchdarkly.token", subject: "launchdarkly.production", status });
  expect(line?.found).toMatch(found);
});

test.each<[string, object, string, RegExp]>([
  ["the newest version is ok", VERSIONS, "ok", /20240415/],
  [
    "a version that ends soon is a warning with the day",
    { ...VERSIONS, currentVersion: 20220603 },
    "warning",
    /20220603, which ends on 2026-12-31/,
  ],
  ["an older one has ended", { ...VERSIONS, currentVersion: 20191212 }, "warning", /has ended/],
  [
    "the end of the version that Flagbridge states has failed",
    { ...VERSIONS, validVersions: [20300101], currentVersion: 20300101 },
    "failed",
    /no longer knows version 20240415/,
  ],
])("of the token's own version: %s", async (_name, versions, status, found) => {
  const [, line] = await linesWith({ "GET /api/v2/versions": versions });
  expect(line).toMatchObject({ id: "launchdarkly.api-version", status });
  expect(line?.found).toMatch(found);
});

test("the token's own version is asked for without stating one", async () => {
  await linesWith({});
  const asked = server?.received.find(({ line }) => line === "GET /api/v2/versions");
  expect(asked?.headers["ld-api-version"]).toBeUndefined();
});

describe("the client-side ID", () => {
  test.each<[string, Answers, string, RegExp]>([
    ["is ok where it is the environment's", {}, "ok", /default\/production/],
    [
      "has failed where it is another's",
      { [PLACE]: { ...ENVIRONMENT, _id: "other" } },
      "failed",
      /that of default\/production is other/,
    ],
    [
      "has failed where the token sees no such environment",
      { [PLACE]: { status: 404 } },
      "failed",
      /sees no environment/,
    ],
    [
      "is skipped with the right where the token may not look",
      { [PLACE]: { status: 403 } },
      "skipped",
      /viewProject/,
    ],
  ])("%s", async (_name, answers, status, found) => {
    const [, , line] = await linesWith(answers);
    expect(line).toMatchObject({ id: "launchdarkly.environment", status });
    expect(line?.found).toMatch(found);
  });

  const projects = (...ids: readonly string[]) => ({
    "GET /api/v2/projects?": {
      items: [{ key: "web", environments: { items: ids.map((_id) => ({ _id, key: `key-of-${_id}` })) } }],
    },
  });
  test.each<[string, Answers, string, RegExp]>([
    [
      "is found among all environments",
      projects("other", "client-side-id"),
      "ok",
      /web\/key-of-client-side-id/,
    ],
    ["has failed among others", projects("other"), "failed", /none of the 1 environments/],
    ["is skipped where the token sees none", projects(), "skipped", /viewProject/],
  ])("without keys in connections.yml it %s", async (_name, answers, status, found) => {
    const [, , line] = await linesWith(answers, "");
    expect(line).toMatchObject({ status });
    expect(line?.found).toMatch(found);
  });
});

test("a limit is waited for, and one that lasts is reported", async () => {
  server = await askedServer({
    ...WELL,
    "GET /api/v2/caller-identity": { status: 429, headers: { "retry-after": "600" } },
  });
  const [line] = await tokenCheck(server.environment, server.ports).run();
  expect(line).toMatchObject({ status: "skipped", found: expect.stringContaining("rate limit") });
});
