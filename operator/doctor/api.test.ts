import { expect, test } from "vitest";
import { openHttpSession } from "../../lib/http/session.ts";
import { type ScriptedAnswer, scriptedServer } from "../../test/support/scripted-server.ts";
import { apiCheck } from "./api.ts";

const AT = Date.parse("2026-11-29T10:00:00Z");

async function linesWith(answer: ScriptedAnswer, aheadMs = 0) {
  const server = await scriptedServer(() => answer);
  const http = openHttpSession();
  try {
    return await apiCheck({ url: server.url }, { http, now: () => AT + aheadMs }).run();
  } finally {
    http.close();
    server.close();
  }
}

const healthy = (body = '{"status":"ok","version":"1.2.3"}', status = 200) => ({
  status,
  body,
  headers: { date: new Date(AT).toUTCString() },
});

test.each<[string, number, string, RegExp]>([
  ["the same time is ok", 0, "ok", /agree/],
  ["less than a second is no difference", 999, "ok", /agree/],
  ["a minute ahead has failed", 61_500, "failed", /61 s ahead/],
  ["half a minute behind is a warning", -30_000, "warning", /30 s behind/],
])("of the clock: %s", async (_name, aheadMs, status, found) => {
  const [, line] = await linesWith(healthy(), aheadMs);
  expect(line).toMatchObject({ id: "clock", status });
  expect(line?.found).toMatch(found);
});

test.each<[string, ScriptedAnswer, string[]]>([
  ["a healthy answer is ok", healthy(), ["ok", "ok"]],
  ["another one has failed", healthy("<html>", 502), ["failed", "ok"]],
  ["no answer has failed, and says nothing of the clock", "reset", ["failed", "skipped"]],
])("of the API: %s", async (_name, answer, statuses) => {
  expect((await linesWith(answer)).map(({ status }) => status)).toEqual(statuses);
});
