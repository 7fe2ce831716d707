import type { Where } from "../operator/bundle.ts";
import type { SandboxDoor } from "../operator/sandbox-door.ts";
import { listSamples } from "../operator/send/send-sample.ts";
import type { LimitSeen } from "../operator/status.ts";
import type { Target } from "../operator/target.ts";
import { readFlagChanges, readMetricEvents } from "./arrived.ts";
import { readFlow } from "./flow.ts";
import type { LivePart } from "./live.ts";
import type { Flow, TargetInfo } from "./page-data.ts";
import { readLetterList } from "./routes/dead-letters.ts";
import { readRequests } from "./routes/requests.ts";
import { readFaults } from "./routes/sandbox.ts";
import { readSegments } from "./routes/segments.ts";
import type { ConsoleWork } from "./work.ts";

/** How often something is read: a local stack costs nothing, and AWS bills each call. */
const PACES = {
  flow: { local: 1_000, stage: 10_000 },
  traffic: { local: 500, stage: 60_000 },
  rest: { local: 1_000, stage: 10_000 },
} as const;
const LIMITS_EVERY_MS = 10_000;
/** The scan of a large ledger takes at most this part of the time. */
const SCAN_SHARE = 1 / 5;

type LocalTarget = Target & { readonly calls: { readonly sandbox: SandboxDoor } };

/** What the page is told by itself, in the order of what somebody who has just opened it looks at. */
export function liveParts(
  work: Pick<ConsoleWork, "target" | "version" | "describe" | "lettersOneAtATime" | "refresh">,
): readonly LivePart[] {
  const { describe, version, refresh } = work;
  let kind: Where["kind"] = "local";
  let flow: Flow | undefined;
  const target = async (): Promise<Target> => {
    const found = await work.target();
    kind = found.where.kind;
    return found;
  };
  const every = (pace: keyof typeof PACES) => (): number => PACES[pace][kind];
  /** Of a stage there is nothing to read. */
  const local =
    (read: (found: LocalTarget, why: "time" | "asked") => Promise<unknown>) =>
    async (why: "time" | "asked"): Promise<unknown> => {
      const found = await target();
      const { sandbox } = found.calls;
      return sandbox && read({ ...found, calls: { ...found.calls, sandbox } }, why);
    };
  const limits = seldom<readonly LimitSeen[]>(LIMITS_EVERY_MS, []);
  let letters = "";
  let applied = "";
  let scannedAtMs = 0;
  let scanMs = 0;
  return [
    {
      part: "target",
      everyMs: every("rest"),
      read: async (): Promise<TargetInfo> => {
        const { where, connections, namePrefix } = await target();
        return {
          where,
          namePrefix,
          version,
          connections: Object.entries(connections.connections).map(([name, { source }]) => ({
            name,
            source,
          })),
        };
      },
    },
    {
      part: "samples",
      everyMs: every("rest"),
      read: async () => listSamples((await target()).connections),
    },
    {
      part: "flow",
      everyMs: every("flow"),
      read: async () => {
        const found = await target();
        const { now, metrics } = found.calls;
        flow = await readFlow(found, { describe, limits: () => limits(now(), metrics.limitsSeen) });
        if (deadCounts(flow) !== letters) refresh("letters");
        return flow;
      },
    },
    {
      part: "requests",
      everyMs: every("traffic"),
      read: local(({ calls }) => readRequests(calls.sandbox)),
    },
    {
      part: "metricEvents",
      everyMs: every("traffic"),
      read: local(({ calls, connections }) => {
        const names = Object.entries(connections.launchdarkly).map(
          ([name, { clientSideId }]) => [clientSideId, name] as const,
        );
        return readMetricEvents(calls.sandbox, new Map(names));
      }),
    },
    {
      part: "flagChanges",
      everyMs: every("traffic"),
      read: local(({ calls }) => readFlagChanges(calls.sandbox)),
    },
    { part: "faults", everyMs: every("rest"), read: local(({ calls }) => readFaults(calls.sandbox)) },
    {
      part: "segments",
      everyMs: every("rest"),
      read: local(async (found, why) => {
        const { now } = found.calls;
        const counts = JSON.stringify(flow?.destinations.map(({ counts: some }) => some?.applied));
        const isSoon = counts === applied || now() - scannedAtMs < scanMs / SCAN_SHARE;
        if (isSoon && why === "time") return undefined;
        const startedAtMs = now();
        const segments = await readSegments(found);
        applied = counts ?? "";
        scannedAtMs = now();
        scanMs = scannedAtMs - startedAtMs;
        return segments;
      }),
    },
    {
      part: "letters",
      everyMs: every("rest"),
      read: async (why) => {
        const counts = deadCounts(flow);
        if (counts === letters && why === "time") return undefined;
        const list = await readLetterList(work);
        letters = counts;
        return list;
      },
    },
  ];
}

function deadCounts(flow: Flow | undefined): string {
  return JSON.stringify(flow?.queues.map(({ deadLetters }) => deadLetters) ?? []);
}

function seldom<Value>(everyMs: number, first: Value) {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let last = first;
  return async (nowMs: number, read: () => Promise<Value>): Promise<Value> => {
    if (nowMs - readAtMs < everyMs) return last;
    readAtMs = nowMs;
    last = await read();
    return last;
  };
}
