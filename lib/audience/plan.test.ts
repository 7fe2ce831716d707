import { expect, test } from "vitest";
import { connectionsFile } from "../connections/schema.ts";
import { noEvidence } from "../delivery/isolate.ts";
import { startPlan } from "./plan.ts";

const nowMs = 1_800_000_000_000;
const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "prod", secret: "launchdarkly" } },
  connections: {
    noisy: { source: "flagbridge", secret: "noisy", audiences: { to: ["production"] } },
    quiet: { source: "flagbridge", secret: "quiet", audiences: { to: ["production"] } },
  },
});

/** The segments in the order in which their jobs start, each of one message to it. */
function started(...messages: readonly (readonly [connection: string, segment: string])[]) {
  const plan = startPlan({
    connections,
    to: {
      destination: "production",
      routeOf: () => ({
        environmentId: "prod",
        segmentOf: (id) => id,
        writer: {
          maxMembers: 1_000,
          separatesActions: false,
          evidence: noEvidence(),
          closedUntilMs: () => undefined,
          ready: async () => ({ kind: "unsent", reason: "never-asked" }),
        },
      }),
    },
    settle: () => undefined,
    nowMs,
  });
  messages.forEach(([connection, id], firstItem) => {
    const segments = [{ id, name: id, kind: "user" }];
    const operations = [{ segment: 0, key: "ana", action: "add" as const, at: 1, index: 0, id: "1" }];
    plan.add({
      message: { v: 1, kind: "audience.operations", connection, acceptedAt: nowMs, segments, operations },
      firstItem,
    });
  });
  return plan.jobs().map(({ segment }) => segment.id);
}

test("a connection's first segment is started before another's second, whatever the order of the batch", () => {
  expect(
    started(["noisy", "n1"], ["noisy", "n2"], ["noisy", "n3"], ["quiet", "q1"], ["quiet", "q2"]),
  ).toEqual(["n1", "q1", "n2", "q2", "n3"]);
});

test("a segment that several connections write to is done in the turn of the one that comes first", () => {
  expect(started(["noisy", "n1"], ["noisy", "both"], ["quiet", "both"], ["quiet", "q1"])).toEqual([
    "n1",
    "q1",
    "both",
  ]);
});
