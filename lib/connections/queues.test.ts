import { expect, test } from "vitest";
import { destinationQueues, queueNamed, queueNameOf } from "./queues.ts";
import { connectionsFile } from "./schema.ts";

test("each destination has one queue for each kind of message that a connection sends it", () => {
  const connections = connectionsFile.parse({
    launchdarkly: {
      production: { clientSideId: "a", secret: "a" },
      staging: { clientSideId: "b", secret: "b" },
    },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "p" } },
    connections: {
      engage: {
        source: "segment",
        secret: "engage",
        audiences: { to: ["production", "staging"] },
        metrics: { to: ["production"] },
      },
      tealium: { source: "tealium", secret: "tealium", audiences: { to: ["production"] } },
      changes: { source: "launchdarkly", secret: "changes", posthog: { to: ["main"] } },
    },
  });
  expect(destinationQueues(connections).map(queueNameOf)).toEqual([
    "audience-operations-production",
    "audience-operations-staging",
    "metric-events-production",
    "flag-changes-main",
  ]);
});

test("erasures have one queue, and only where a connection takes them", () => {
  const own = { source: "flagbridge", secret: "own", erasures: true };
  const other = { source: "segment", secret: "other", erasures: true, audiences: { to: ["production"] } };
  const launchdarkly = { production: { clientSideId: "a", secret: "a" } };
  const connections = connectionsFile.parse({ launchdarkly, connections: { own, other } });
  expect(destinationQueues(connections).map(queueNameOf)).toEqual([
    "erasures",
    "audience-operations-production",
  ]);
});

test.each(["erasures", "audience-operations-production", "flag-changes-main-2"])(
  "the queue %s is known by its name",
  (name) => {
    const queue = queueNamed(name);
    expect(queue && queueNameOf(queue)).toBe(name);
  },
);

test.each([
  "erasures-production",
  "erasures-dead-letters",
  "audience-operations-",
  "audience-operations",
  "ledger",
])("no queue is called %s", (name) => expect(queueNamed(name)).toBeUndefined());
