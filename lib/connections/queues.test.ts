import { expect, test } from "vitest";
import { destinationQueues, queueNameOf } from "./queues.ts";
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
