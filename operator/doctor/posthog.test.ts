import { afterEach, expect, test } from "vitest";
import {
  type Answers,
  type AskedServer,
  askedServer,
  connectionsOf,
} from "../../test/support/doctor-environment.ts";
import { posthogCheck } from "./posthog.ts";
import type { StoredSecret } from "./secrets.ts";

let server: AskedServer | undefined;
afterEach(() => server?.close());

const BATCH = "POST /batch/";
const PROJECT = "GET /api/projects/7/";
const READ = "GET /api/projects/7/annotations/";
const WRITE = "POST /api/projects/7/annotations/";
const WELL: Answers = {
  [BATCH]: { status: 400, body: "empty batch of events" },
  [READ]: { results: [] },
  [WRITE]: { status: 400, body: "{}" },
  [PROJECT]: { id: 7, api_token: "phc_own" },
};
const BOTH = { projectApiKey: "phc_own", personalApiKey: "phx_own" };
const denied = (scope: string) => ({
  status: 403,
  body: JSON.stringify({ detail: `API key missing required scope '${scope}'` }),
});

async function linesWith(
  answers: Answers,
  { secret = BOTH as object, id = 'projectId: "7",', annotations = "true" } = {},
) {
  server = await askedServer({ ...answers, ...WELL, ...answers });
  const connections = connectionsOf(`
posthog: { main: { host: "${server.url}", ${id} secret: main } }
connections:
  changes: { source: launchdarkly, secret: changes, posthog: { to: [main], annotations: ${annotations} } }
`);
  const project = connections.posthog.main;
  if (!project) throw new Error("no project");
  const secrets = new Map<string, StoredSecret>([["main", { kind: "text", text: JSON.stringify(secret) }]]);
  return posthogCheck("main", { project, connections, secrets }, server.ports).run();
}

test.each<[string, Answers, string, RegExp]>([
  ["one that refuses an empty batch takes batches", {}, "ok", /takes batches/],
  ["one that refuses the key's shape has failed", { [BATCH]: { status: 401 } }, "failed", /shape/],
  ["one that is another server has failed", { [BATCH]: { status: 404 } }, "failed", /not PostHog's capture/],
  ["one that is out of order is a warning", { [BATCH]: { status: 503 } }, "warning", /503/],
  ["one that does not answer has failed", { [BATCH]: "reset" }, "failed", /did not answer/],
])("of the host: %s", async (_name, answers, status, found) => {
  const [line] = await linesWith(answers);
  expect(line).toMatchObject({ id: "posthog.host", subject: "posthog.main", status });
  expect(line?.found).toMatch(found);
});

test.each<[string, Answers, object, string, RegExp]>([
  ["the project's own is ok", {}, {}, "ok", /that of project 7/],
  [
    "another project's has failed",
    { [PROJECT]: { api_token: "phc_other" } },
    {},
    "failed",
    /not that of project 7/,
  ],
  [
    "without a personal key nothing proves it",
    {},
    { secret: { projectApiKey: "phc_own" }, annotations: "false" },
    "skipped",
    /nothing proves/,
  ],
  ["a scope that is missing is named", { [PROJECT]: denied("project:read") }, {}, "skipped", /project:read/],
  ["a personal key that is refused has failed", { [PROJECT]: { status: 401 } }, {}, "failed", /401/],
  [
    "a project that the key does not see has failed",
    { [PROJECT]: { status: 404 } },
    {},
    "failed",
    /sees no project 7/,
  ],
  [
    "without projectId the project of the key's owner is asked",
    {
      "GET /api/projects/@current/": { api_token: "phc_own" },
      "GET /api/projects/%40current/": { api_token: "phc_own" },
    },
    { id: "", annotations: "false" },
    "ok",
    /personal key's project/,
  ],
])("of the project key: %s", async (_name, answers, given, status, found) => {
  const [, line] = await linesWith(answers, given);
  expect(line).toMatchObject({ id: "posthog.key", status });
  expect(line?.found).toMatch(found);
  expect(JSON.stringify(line)).not.toMatch(/ph[cx]_(own|other)/);
});

test.each<[string, Answers, string, RegExp]>([
  ["a key that may is ok", {}, "ok", /read and write/],
  [
    "one that may not write has failed",
    { [WRITE]: denied("annotation:write") },
    "failed",
    /annotation:write/,
  ],
  ["one that may not read has failed", { [READ]: denied("annotation:read") }, "failed", /annotation:read/],
  [
    "an annotation that PostHog took all the same is told",
    { [WRITE]: { status: 201, body: "{}" } },
    "warning",
    /took an annotation/,
  ],
])("of annotations: %s", async (_name, answers, status, found) => {
  const lines = await linesWith(answers);
  expect(lines[2]).toMatchObject({ id: "posthog.annotations", status });
  expect(lines[2]?.found).toMatch(found);
});

test("without annotations nothing is asked of them, and a secret without a key skips all", async () => {
  expect((await linesWith({}, { annotations: "false" })).map(({ id }) => id)).toEqual([
    "posthog.host",
    "posthog.key",
  ]);
  server?.close();
  const lines = await linesWith({}, { secret: {} });
  expect(lines.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped"]);
  expect(server?.received).toEqual([]);
});
