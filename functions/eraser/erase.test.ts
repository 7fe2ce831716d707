import { expect, test } from "vitest";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import { packErasures } from "../../lib/messages/pack-items.ts";
import { queuedRecord } from "../../test/support/queued-record.ts";
import { eraser } from "./erase.ts";
import { erasingWorld, START_MS } from "./erasing-world.simulation.ts";

/** The function in memory, beside a LaunchDarkly that answers nothing. */
function started() {
  const { ports, connections, ...world } = erasingWorld();
  const lines: string[] = [];
  const write = (...line: unknown[]) => void lines.push(JSON.stringify(line));
  const erase = eraser({
    ...{ connections, ledger: ports.ledger, holds: ports.holds, walkCalls: ports.letterCalls },
    ...{ countQueue: ports.countQueue, sendToQueue: ports.sendToQueue, now: ports.now, sleep: ports.sleep },
    secrets: {
      readSecrets: async () => new Map([["ld", { kind: "usable", value: { accessToken: "token" } }]]),
      onProblem: () => {},
    },
    ...{ queueUrlPrefix: "https://sqs/", timeoutMs: 1_000, userAgent: "test" },
    log: { info: write, warn: write, error: write },
  });
  const http = { send: async () => ({ kind: "unsent", reason: "connection-refused" }) as const };
  const run = (bodies: readonly string[], budget = unlimited) =>
    erase(
      bodies.map((body, at) => queuedRecord(body, { id: `m-${at}`, sentAtMs: START_MS })),
      { http, budget },
    );
  return { ...world, run, lines };
}

const [body = ""] = packErasures({
  ...{ connection: "own", acceptedAt: START_MS, requestId: "request-1" },
  erasures: [{ contexts: [{ kind: "user", key: "ana" }] }],
});

test("a message that cannot be read is dead, and the others are carried out", async () => {
  const { run, lines } = started();
  const outcomes = await run([body, "{}"]);
  expect(outcomes.map(({ fates }) => fates)).toMatchObject([
    [{ kind: "delivered", how: "unchanged" }],
    [{ kind: "dead", reason: "invalid-message" }],
  ]);
  expect(lines.join()).toContain("erasure.done");
  expect(lines.join()).not.toContain("ana");
});

test("LaunchDarkly that does not answer has the message come again, and the line says what is open", async () => {
  const { run, lines, add, world } = started();
  add("production", "vip", ["ana"]);
  world.isBatcherPaused = true;
  expect(await run([body])).toMatchObject([{ fates: [{ kind: "retry", reason: "erasure-unconfirmed" }] }]);
  expect(lines.join()).toContain("erasure.put-back");
  expect(lines.join()).not.toContain('"ana"');
});

test("a ledger that is not read in time has the message come again, and nothing was removed", async () => {
  const { run, add, bodiesOf, urlOf } = started();
  add("production", "vip", ["ana"]);
  expect(await run([body], { allows: () => false })).toMatchObject([
    { fates: [{ kind: "retry", reason: "erasure-out-of-time" }] },
  ]);
  expect(bodiesOf(urlOf("production"))).toEqual([]);
});
