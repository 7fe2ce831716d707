import { expect, test } from "vitest";
import type { CallOutcome } from "../../lib/http/destination-call.ts";
import type { ApiRequest } from "../../lib/launchdarkly/client.ts";
import { type Answer, askerOf, askingOnce, wordsIn } from "./ask.ts";

const REQUEST: ApiRequest = { method: "GET", path: "/api/v2/versions", route: "/api/v2/versions" };

/** A client that ends its calls so, one after another, and the last for ever. Time passes by sleeping alone. */
function asker(...outcomes: readonly CallOutcome[]) {
  let nowMs = 0;
  let calls = 0;
  const ask = askerOf(
    {
      call: async () => {
        calls += 1;
        return outcomes[Math.min(calls, outcomes.length) - 1] ?? { kind: "secret-unreadable" };
      },
    },
    {
      now: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
  );
  return { ask, sleptMs: () => nowMs, calls: () => calls };
}

const taken: CallOutcome = { kind: "taken", status: 200, body: "{}" };

test("a limit is waited out, until when it says", async () => {
  const { ask, sleptMs } = asker({ kind: "limited", untilMs: 9_000 }, taken);
  expect(await ask(REQUEST)).toMatchObject({ kind: "taken" });
  expect(sleptMs()).toBe(9_000);
});

test("a limit of minutes is reported at once", async () => {
  const { ask, sleptMs } = asker({ kind: "limited", untilMs: 600_000 });
  expect(await ask(REQUEST)).toEqual({ kind: "limited" });
  expect(sleptMs()).toBe(0);
});

test("a read without an answer is repeated, and a write is not", async () => {
  const lost: CallOutcome = { kind: "unanswered", reason: "connection-lost" };
  const read = asker(lost, taken);
  expect(await read.ask(REQUEST)).toMatchObject({ kind: "taken" });
  const write = asker(lost, taken);
  expect(await write.ask({ ...REQUEST, method: "PATCH" })).toEqual({
    kind: "unreachable",
    why: "connection-lost",
  });
  expect(write.calls()).toBe(1);
});

test.each<[CallOutcome, Partial<Answer>]>([
  [{ kind: "misconfigured", status: 401, body: "" }, { kind: "refused-token" }],
  [
    { kind: "misconfigured", status: 403, body: '{"message":"No"}' },
    { kind: "forbidden", words: "No" },
  ],
  [{ kind: "misconfigured", status: 404, body: "" }, { kind: "missing" }],
  [
    { kind: "misconfigured", status: 409, body: "" },
    { kind: "refused", status: 409 },
  ],
  [
    { kind: "failed", status: 500, body: "" },
    { kind: "refused", status: 500 },
  ],
  [
    { kind: "unsent", reason: "connection-refused" },
    { kind: "unreachable", why: "connection-refused" },
  ],
])("the end of a call %j is an answer", async (outcome, answer) => {
  expect(await asker(outcome).ask(REQUEST)).toMatchObject(answer);
});

test("the same question is asked once, and another one again", async () => {
  const { ask, calls } = asker(taken);
  const once = askingOnce(ask);
  await Promise.all([once(REQUEST), once(REQUEST)]);
  await once({ ...REQUEST, path: "/api/v2/webhooks" });
  expect(calls()).toBe(2);
});

test("LaunchDarkly's words are one short line", () => {
  expect(wordsIn('{"message":"a\\n  b"}')).toBe("a b");
  expect(wordsIn(JSON.stringify({ message: "x".repeat(1_000) })).length).toBe(201);
  expect(wordsIn("<html>")).toBe("");
});
