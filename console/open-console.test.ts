import { once } from "node:events";
import { createServer, request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { listenOnLoopback } from "../dev/listen.ts";
import { OperatorProblem } from "../operator/problem.ts";
import { openConsole } from "./open-console.ts";

const token = "a-token";

/** A console whose bundle is not there: what it refuses, it refuses before it looks. */
async function started(
  openTarget = async (): Promise<never> => Promise.reject(new OperatorProblem("no bundle")),
) {
  const server = createServer((incoming, response) => console.listener(incoming, response));
  const port = await listenOnLoopback(server, 0);
  const console = openConsole({ token, port: () => port, openTarget, version: "1.2.3", folder: "/nowhere" });
  onTestFinished(() => {
    console.stop();
    server.closeAllConnections();
    server.close();
  });
  return async (
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) => {
    const sent = request({ port, host: "127.0.0.1", path, ...options });
    sent.end(options.body);
    const [answer] = await once(sent, "response");
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
  };
}

const bearer = { authorization: `Bearer ${token}` };

test("a name that leads here from outside gets nothing, not even the page", async () => {
  const ask = await started();
  const { status, body } = await ask(`/console?token=${token}`, { headers: { host: "evil.example" } });
  expect(status).toBe(403);
  expect(body).toContain("names another host");
});

test("every call that changes something wants the token", async () => {
  const ask = await started();
  const changing = [
    "/dead-letters/open",
    "/dead-letters/redrive",
    "/dead-letters/delete",
    "/samples/send",
    "/samples/explain",
    "/flags/toggle",
    "/faults/set",
    "/faults/clear",
    "/pause",
    "/doctor",
    "/segments/find",
  ];
  for (const path of changing) {
    const answers = await Promise.all([
      ask(`/console/api${path}`, { method: "POST", body: "{}" }),
      ask(`/console/api${path}?token=${token}`, { method: "POST", body: "{}" }),
      ask(`/console/api${path}`, { method: "GET", headers: bearer }),
    ]);
    expect(
      answers.map(({ status }) => status),
      path,
    ).toEqual([401, 401, 404]);
  }
});

test("every answer lets nothing run but the page's own script, and nobody frame, read or guess it", async () => {
  const ask = await started();
  const answers = await Promise.all([
    ask(`/console?token=${token}`),
    ask("/console"),
    ask("/console/api/connections", { headers: bearer }),
    ask("/console/nothing.js"),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 400, 404]);
  for (const { headers } of answers) {
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  }
});

test("the page has no script and no style in it, and nothing from elsewhere", async () => {
  const ask = await started();
  const { body } = await ask(`/console?token=${token}`);
  expect(body).not.toContain(token);
  expect(body).not.toMatch(/<style|style=|<script>|onload|https?:\/\//);
  const script = /src="([^"]+)"/.exec(body)?.[1] ?? "";
  const packed = await ask(script, { headers: { "accept-encoding": "gzip" } });
  expect(packed.headers).toMatchObject({
    "content-encoding": "gzip",
    "content-type": "text/javascript; charset=utf-8",
  });
});

test("a bundle that is not there is said in words, and a body that is no JSON too", async () => {
  const ask = await started();
  const away = await ask("/console/api/connections", { headers: bearer });
  expect(JSON.parse(away.body)).toEqual({ message: "no bundle" });
  const broken = await ask("/console/api/flags/toggle", { method: "POST", headers: bearer, body: "{" });
  expect({ status: broken.status, ...JSON.parse(broken.body) }).toEqual({
    status: 400,
    message: "expected JSON",
  });
  const wrong = await ask("/console/api/flags/toggle", {
    method: "POST",
    headers: bearer,
    body: '{"flag":"<b>"}',
  });
  expect(JSON.parse(wrong.body).message).toContain("expected a key");
});

test("a bundle that was away is looked for again", async () => {
  let looked = 0;
  const ask = await started(async () => {
    looked += 1;
    throw new OperatorProblem("no bundle yet");
  });
  await ask("/console/api/connections", { headers: bearer });
  await ask("/console/api/connections", { headers: bearer });
  expect(looked).toBe(2);
});
