import { afterEach, expect, test } from "vitest";
import { type Answers, type AskedServer, askedServer } from "../../test/support/doctor-environment.ts";
import type { ReceivedRequest } from "../../test/support/scripted-server.ts";
import { auditLogCheck } from "./audit-log.ts";
import { importRightCheck } from "./import-right.ts";

let server: AskedServer | undefined;
afterEach(() => server?.close());

const LOG = "GET /api/v2/auditlog?limit=1&spec=proj";
const sweep = { using: "production", spec: ["proj/*:env/*:flag/*"], every: 60_000, overlap: 60_000 };

test.each<[string, Answers, string, RegExp]>([
  ["a token that reads it is ok", { [LOG]: { items: [] } }, "ok", /reads the audit log/],
  ["one that may not has failed", { [LOG]: { status: 403 } }, "failed", /may not read the audit log/],
  [
    "a specifier that is none has failed",
    { [LOG]: { status: 400, body: '{"message":"bad spec"}' } },
    "failed",
    /refuses the specifier .*bad spec/,
  ],
  ["an error of the server is skipped", { [LOG]: { status: 503 } }, "skipped", /503/],
  ["a refused token is skipped", { [LOG]: { status: 401 } }, "skipped", /refuses the token/],
])("of the audit log: %s", async (_name, answers, status, found) => {
  server = await askedServer(answers);
  const [line] = await auditLogCheck(server.environment, { name: "changes", sweep }).run();
  expect(line).toMatchObject({ id: "audit-log.read", status });
  expect(line?.found).toMatch(found);
});

const IMPORT = "POST /v2/event-data-import/default/production";

test.each<[string, number, number, Answers, string, RegExp]>([
  ["a token that is let in and one that is not prove it", 400, 401, {}, "ok", /may import/],
  [
    "a token that is not let in lacks it",
    401,
    401,
    { "GET /api/v2/caller-identity": {} },
    "failed",
    /importEventData is missing/,
  ],
  [
    "a token that is not valid says nothing of it",
    401,
    401,
    { "GET /api/v2/caller-identity": { status: 401 } },
    "skipped",
    /refuses the token/,
  ],
  [
    "an answer before the token was looked at proves nothing",
    400,
    400,
    {},
    "skipped",
    /before it looks at the token/,
  ],
  ["a place that is not there has failed", 404, 404, {}, "failed", /no such project/],
  ["an error of the server is skipped", 500, 500, {}, "skipped", /500/],
])("of the right to import: %s", async (_name, own, nobodys, answers, status, found) => {
  server = await askedServer({
    ...answers,
    [IMPORT]: ({ headers }: ReceivedRequest) => ({
      status: headers.authorization === "api-1" ? own : nobodys,
    }),
  });
  const [line] = await importRightCheck(server.environment, server.ports).run();
  expect(line).toMatchObject({ id: "metrics.import", status });
  expect(line?.found).toMatch(found);
  const imports = server.received.filter((request) => request.line === IMPORT);
  expect(imports.every(({ body }) => JSON.stringify(body) === "[]")).toBe(true);
});
