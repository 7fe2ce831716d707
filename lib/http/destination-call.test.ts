import { describe, expect, test } from "vitest";
import { breakerOf, closedBy, noBreakers, openState } from "./breaker.ts";
import { SecretUnreachable } from "./credential.ts";
import { type CallOutcome, type Destination, destinationCall, type Meanings } from "./destination-call.ts";
import { limitOf, noLimitSeen, noLimits } from "./rate-limit.ts";
import type { HttpAnswer } from "./session.ts";

const nowMs = 1_800_000_000_000;

function answered(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { kind: "answered", status, headers, body: `words of ${status}` };
}

/** A destination whose credential is the first of these; a refused one is followed by the next. */
function destinationWith(tokens: readonly string[] = ["token"]) {
  const limits = noLimits();
  const sent: (string | undefined)[] = [];
  const to: Destination = {
    now: () => nowMs,
    limit: limitOf(limits, { account: "account" }),
    credential: async (after) => tokens[after === undefined ? 0 : tokens.length - 1] ?? "none",
  };
  const call = (answer: HttpAnswer, meanings: Meanings = {}): Promise<CallOutcome> =>
    destinationCall(
      async (credential) => {
        sent.push(credential);
        return answer;
      },
      to,
      { meanings },
    );
  return { to, call, sent };
}

describe("an answer of a destination", () => {
  test.each<[number, CallOutcome["kind"]]>([
    [200, "taken"],
    [202, "taken"],
    [301, "misconfigured"],
    [400, "misconfigured"],
    [401, "misconfigured"],
    [403, "misconfigured"],
    [404, "misconfigured"],
    [408, "failed"],
    [409, "misconfigured"],
    [429, "limited"],
    [500, "failed"],
    [504, "failed"],
  ])("with status %i is %s unless the endpoint says otherwise", async (status, kind) => {
    expect((await destinationWith().call(answered(status))).kind).toBe(kind);
  });

  test.each<[number, Meanings[number]]>([
    [400, "refused"],
    [409, "failed"],
    [504, "gave-up"],
  ])("with status %i means what the endpoint says: %s", async (status, meaning) => {
    const { call } = destinationWith();
    expect(await call(answered(status), { [status]: meaning })).toMatchObject({ kind: meaning, status });
  });

  test("keeps its words for whoever has to tell a person", async () => {
    const { call } = destinationWith();
    expect(await call(answered(403))).toEqual({ kind: "misconfigured", status: 403, body: "words of 403" });
  });

  test("that never came stays what it was", async () => {
    const { call } = destinationWith();
    expect(await call({ kind: "unanswered", reason: "no-answer" })).toEqual({
      kind: "unanswered",
      reason: "no-answer",
    });
    expect(await call({ kind: "unsent", reason: "connection-refused" })).toEqual({
      kind: "unsent",
      reason: "connection-refused",
    });
  });
});

describe("a limit", () => {
  test("that an answer tells of is kept, and no request starts before it ends", async () => {
    const { call, sent } = destinationWith();
    const limited = { kind: "limited", untilMs: nowMs + 7_000 };
    expect(await call(answered(429, { "retry-after": "7" }))).toEqual(limited);
    expect(await call(answered(200))).toEqual(limited);
    expect(sent).toHaveLength(1);
  });

  test("beside a failure says when to come again", async () => {
    const { call } = destinationWith();
    expect(await call(answered(503, { "retry-after": "7" }))).toMatchObject({
      kind: "failed",
      notBeforeMs: nowMs + 7_000,
    });
  });
});

describe("a request without an answer", () => {
  /** Makes requests that last until they are ended, and says when what is closed opens. */
  function slowDestination() {
    const clock = { nowMs };
    const breaker = breakerOf(noBreakers(), "place");
    const limit = limitOf(noLimits(), { account: "account" });
    const to: Destination = { now: () => clock.nowMs, limit, breaker };
    const start = () => {
      let end: (answer: HttpAnswer) => void = () => undefined;
      const send = () => new Promise<HttpAnswer>((resolve) => (end = resolve));
      const outcome = destinationCall(send, to, { meanings: {} });
      return async (answer: HttpAnswer, afterMs: number) => {
        await new Promise((resolve) => setImmediate(resolve));
        clock.nowMs += afterMs;
        end(answer);
        return outcome;
      };
    };
    return { start, closedUntilMs: () => closedBy(breaker.get(), clock.nowMs)?.untilMs };
  }
  const noAnswer: HttpAnswer = { kind: "unanswered", reason: "no-answer" };

  test("closes its destination, as everything else may wait in vain too", async () => {
    const { start, closedUntilMs } = slowDestination();
    await start()(answered(200), 0);
    await start()(noAnswer, 10_000);
    expect(closedUntilMs()).toBe(nowMs + 20_000);
  });

  test("closes nothing when others were answered meanwhile: it alone is to blame", async () => {
    const { start, closedUntilMs } = slowDestination();
    await start()(answered(200), 0);
    const [endHanging, endOther] = [start(), start()];
    await endOther(answered(503), 100);
    expect(await endHanging(noAnswer, 9_900)).toMatchObject({ kind: "unanswered" });
    expect(closedUntilMs()).toBeUndefined();
  });
});

describe("a credential", () => {
  test("goes with the request", async () => {
    const { call, sent } = destinationWith();
    await call(answered(200));
    expect(sent).toEqual(["token"]);
  });

  test("that is refused is read again, and one that took its place is told", async () => {
    expect(await destinationWith(["old", "new"]).call(answered(401))).toEqual({
      kind: "credential-replaced",
    });
  });

  test("that is refused and still the same is a fault of configuration", async () => {
    expect(await destinationWith().call(answered(401))).toMatchObject({ kind: "misconfigured", status: 401 });
  });

  test("that cannot be read stops the request before it starts", async () => {
    const sent: unknown[] = [];
    const outcome = await destinationCall(
      async (credential) => {
        sent.push(credential);
        return answered(200);
      },
      {
        now: () => nowMs,
        limit: { get: () => noLimitSeen, set: () => undefined },
        credential: () => Promise.reject(new Error("unreadable")),
      },
      { meanings: {} },
    );
    expect(outcome).toEqual({ kind: "secret-unreadable" });
    expect(sent).toEqual([]);
  });

  test("that could not be read for the moment stops the request, and is no fault of configuration", async () => {
    const { to } = destinationWith();
    const breaker = breakerOf(noBreakers(), "place");
    const credential = () => Promise.reject(new SecretUnreachable("not now"));
    const send = () => Promise.reject(new Error("was sent"));
    expect(await destinationCall(send, { ...to, breaker, credential }, { meanings: {} })).toEqual({
      kind: "unsent",
      reason: "secret-unreachable",
    });
    expect(breaker.get()).toEqual(openState);
  });

  test("is not asked for where requests need none", async () => {
    const sent: unknown[] = [];
    const limit = { get: () => noLimitSeen, set: () => undefined };
    await destinationCall(
      async (credential) => {
        sent.push(credential);
        return answered(401);
      },
      { now: () => nowMs, limit },
      { meanings: {} },
    );
    expect(sent).toEqual([undefined]);
  });
});
