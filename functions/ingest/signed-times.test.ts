import { expect, test } from "vitest";
import { compareVersions } from "../../lib/messages/version.ts";
import { ingestInMemory, RECEIVED_AT, usable } from "../../test/support/ingest-request.ts";
import { SIGNING_SECRET, standardHeaders } from "../../test/support/signed-request.ts";

const secrets = { "own-secret": usable({ signingSecrets: [SIGNING_SECRET], tokens: ["token"] }) };

/** Ingest whose clock the test moves, and requests that change one member. */
function ingestOverTime() {
  let nowMs = RECEIVED_AT;
  let sent = 0;
  const ingest = ingestInMemory({ secrets, receivedAtMs: () => nowMs });
  const change = async (action: "add" | "remove", times: { at?: string; signedAheadMs?: number }) => {
    sent += 1;
    const { at, signedAheadMs } = times;
    const operation = { segment: { id: "beta" }, contextKey: "ana", action, ...(at !== undefined && { at }) };
    const body = JSON.stringify({ audienceOperations: [operation] });
    const headers =
      signedAheadMs === undefined
        ? { authorization: "Bearer token" }
        : standardHeaders(body, { id: `msg_${sent}`, signedAtMs: nowMs + signedAheadMs });
    expect((await ingest.call({ path: "/c/own", headers, body })).status).toBe(200);
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const newest = () => {
    const [first] = ingest.operations().sort((a, b) => compareVersions(b.version, a.version));
    return first?.action;
  };
  return { change, pass, newest, now: () => nowMs };
}

test("an add that is signed 290 s ahead does not beat two later removals", async () => {
  const { change, pass, newest, now } = ingestOverTime();
  await change("add", { signedAheadMs: 290_000 });
  pass(1_000);
  await change("remove", { signedAheadMs: 0 });
  expect(newest()).toBe("remove");
  pass(1_000);
  await change("remove", { at: new Date(now()).toISOString() });
  expect(newest()).toBe("remove");
});

test("a signature's time up to 60 s ahead stands, as an operation's own time does", async () => {
  const { change, pass, newest } = ingestOverTime();
  await change("add", { signedAheadMs: 60_000 });
  pass(59_000);
  await change("remove", { signedAheadMs: 0 });
  expect(newest()).toBe("add");
  pass(2_000);
  await change("remove", { signedAheadMs: 0 });
  expect(newest()).toBe("remove");
});
