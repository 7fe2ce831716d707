import * as z from "zod";
import type { QueueKind } from "../lib/connections/queues.ts";
import { functionNameOf } from "../operator/bundle.ts";
import type { EventSourceCalls } from "../operator/pause.ts";
import { type MetricCalls, readStatus } from "../operator/status.ts";
import type { Target } from "../operator/target.ts";
import type { Flow, FlowDestination, FlowQueue } from "./page-data.ts";

const totals = z.object({
  totals: z.object({
    requests: z.number(),
    accepted: z.number(),
    ignored: z.number(),
    rejected: z.number(),
    refused: z.number(),
  }),
  destinations: z.array(
    z.object({
      function: z.string(),
      destination: z.string(),
      applied: z.number(),
      unchanged: z.number(),
      stale: z.number(),
      dropped: z.number(),
      dead: z.number(),
      retried: z.number(),
      requests: z.record(z.string(), z.number()),
    }),
  ),
});
type Totals = z.output<typeof totals>;

/**
 * Everything at one look. What a right is missing for is left out and named in `problems`: the rest is still worth a look.
 * `limits` is read seldom, because on the local stack it is a reading of whole logs.
 */
export async function readFlow(
  target: Target,
  ports: { readonly describe: (error: unknown) => string; readonly limits: MetricCalls["limitsSeen"] },
): Promise<Flow> {
  const problems = new Set<string>();
  const orElse = async <Value>(read: Promise<Value>, otherwise: Value): Promise<Value> => {
    try {
      return await read;
    } catch (error) {
      problems.add(ports.describe(error));
      return otherwise;
    }
  };
  const { metrics, sandbox, countQueue } = target.calls;
  const eventSources = oncePerFunction(target.calls.eventSources, orElse);
  const [status, seen] = await Promise.all([
    readStatus({
      bundle: target,
      countQueue: (url) => orElse(countQueue(url), { waiting: 0, inFlight: 0, delayed: 0, visibilityMs: 0 }),
      eventSources,
      metrics: {
        oldestSeconds: (names) => orElse(metrics.oldestSeconds(names), new Map()),
        errorsOfLastHour: (names) => orElse(metrics.errorsOfLastHour(names), new Map()),
        limitsSeen: () => orElse(ports.limits(), []),
        ringingAlarms: () => orElse(metrics.ringingAlarms(), []),
      },
      // The section of dead letters has them: to count them here would take them out of everybody's sight each second.
      lettersByReason: async () => ({}),
    }),
    sandbox ? orElse(sandbox.get("/sandbox/requests?limit=0").then(totals.parse), undefined) : undefined,
  ]);
  const queues = await Promise.all(
    target.queues.map(async (queue, at): Promise<FlowQueue> => {
      const sources = await eventSources.of(functionNameOf(target, queue.function));
      const state = sources.find(({ queueArn }) => queueArn === queue.arn)?.state ?? "";
      const { waiting = 0, inFlight = 0, oldestSeconds = null, deadLetters = 0 } = status.queues[at] ?? {};
      return {
        name: queue.name.slice(target.namePrefix.length),
        kind: queue.kind,
        destination: queue.destination,
        function: queue.function,
        waiting,
        inFlight,
        oldestSeconds,
        deadLetters,
        isPaused: state === "Disabled" || state === "Disabling",
      };
    }),
  );
  return {
    queues,
    destinations: destinationsOf(queues, seen),
    requests: seen?.totals ?? null,
    errors: status.functions.map(({ name, errors }) => ({ name, errors: errors ?? null })),
    alarms: status.alarms.map(({ name, since }) => ({ name, since })),
    limits: status.limits,
    problems: [...problems],
  };
}

function oncePerFunction(
  calls: EventSourceCalls,
  orElse: <Value>(read: Promise<Value>, otherwise: Value) => Promise<Value>,
): EventSourceCalls {
  const read = new Map<string, ReturnType<EventSourceCalls["of"]>>();
  return {
    of: (name) => {
      const known = read.get(name) ?? orElse(calls.of(name), []);
      read.set(name, known);
      return known;
    },
    setEnabled: calls.setEnabled,
  };
}

const SERVICES = {
  "audience-operations": "LaunchDarkly",
  "metric-events": "LaunchDarkly",
  "flag-changes": "PostHog",
} as const satisfies Record<Exclude<QueueKind, "erasures">, string>;

/** One box for each environment and project, whatever the number of its queues. */
function destinationsOf(queues: readonly FlowQueue[], seen: Totals | undefined): readonly FlowDestination[] {
  // An erasure reaches LaunchDarkly as removals, through the queues of its environments.
  const ofDestinations = queues.flatMap(({ kind, ...queue }) =>
    kind === "erasures" ? [] : [{ ...queue, kind, service: SERVICES[kind] }],
  );
  const boxes = Map.groupBy(ofDestinations, ({ service, destination }) => `${service} ${destination}`);
  return [...boxes.values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const { service, destination: name } = first;
    const rows = (seen?.destinations ?? []).filter((row) =>
      own.some((queue) => queue.function === row.function && queue.destination === row.destination),
    );
    const sum = (of: "applied" | "unchanged" | "stale" | "dropped" | "dead" | "retried"): number =>
      rows.reduce((total, row) => total + row[of], 0);
    const requests: Record<string, number> = {};
    for (const row of rows)
      for (const [status, count] of Object.entries(row.requests))
        requests[status] = (requests[status] ?? 0) + count;
    return [
      {
        service,
        name,
        counts: seen
          ? {
              applied: sum("applied"),
              unchanged: sum("unchanged"),
              stale: sum("stale"),
              dropped: sum("dropped"),
              dead: sum("dead"),
              retried: sum("retried"),
              requests,
            }
          : null,
      },
    ];
  });
}
