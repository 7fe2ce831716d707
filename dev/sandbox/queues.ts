import type { QueueCounts } from "../queues.ts";
import type { SandboxRoute } from "./route.ts";

/** One row per main queue; `deadLetters` counts the messages of its dead-letter queue. */
export function queueRoutes(counts: () => Promise<readonly QueueCounts[]>): readonly SandboxRoute[] {
  return [
    {
      method: "GET",
      path: "/sandbox/queues",
      answer: async () => ({ kind: "json", status: 200, body: { queues: await counts() } }),
    },
  ];
}
