import * as z from "zod";
import type { MetricCalls } from "./status.ts";

const queueRows = z.object({
  queues: z.array(z.object({ name: z.string(), oldestSeconds: z.number().nullable() })),
});

/** What a batch's line in a function's log says of its destination. */
const batchLine = z.object({
  timestamp: z.string(),
  destination: z.string(),
  requests: z.record(z.string(), z.number()).default({}),
  closed: z.unknown().optional(),
});

const RECENT_MS = 15 * 60_000;
const LOGS = ["audience-batcher", "metric-forwarder", "posthog-forwarder"];

/** The same as CloudWatch knows of a stage, from the local stack's queues and logs. It has no alarms and counts no errors. */
export function localMetrics(given: {
  readonly url: string;
  readonly get: (url: string) => Promise<unknown>;
  readonly getText: (url: string) => Promise<string>;
  readonly now: () => number;
}): MetricCalls {
  const { url, get, getText, now } = given;
  return {
    oldestSeconds: async () => {
      const { queues } = queueRows.parse(await get(`${url}/sandbox/queues`));
      return new Map(
        queues.flatMap(({ name, oldestSeconds }) => (oldestSeconds === null ? [] : [[name, oldestSeconds]])),
      );
    },
    errorsOfLastHour: async () => new Map(),
    limitsSeen: async () => {
      const logs = await Promise.all(LOGS.map((name) => getText(`${url}/sandbox/functions/${name}/log`)));
      const seen = new Map<string, { limited: number; closed: number }>();
      for (const line of logs.join("\n").split("\n")) {
        const batch = batchOf(line);
        if (!batch || now() - Date.parse(batch.timestamp) > RECENT_MS) continue;
        const counts = seen.get(batch.destination) ?? { limited: 0, closed: 0 };
        seen.set(batch.destination, counts);
        for (const [status, count] of Object.entries(batch.requests))
          if (/\b429$/.test(status)) counts.limited += count;
        if (batch.closed !== undefined) counts.closed += 1;
      }
      return [...seen].flatMap(([destination, { limited, closed }]) => [
        ...(limited > 0 ? [{ destination, what: "answered-429" as const, count: limited }] : []),
        ...(closed > 0 ? [{ destination, what: "closed" as const, count: closed }] : []),
      ]);
    },
    ringingAlarms: async () => [],
  };
}

function batchOf(line: string): z.output<typeof batchLine> | undefined {
  try {
    return batchLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
