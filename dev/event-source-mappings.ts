import { uuidsIn } from "../lib/messages/uuid.ts";
import {
  type EventSource,
  type EventSourceChange,
  type EventSourceState,
  startEventSource,
} from "./event-source.ts";
import type { FunctionHosts } from "./function-hosts.ts";
import type { LocalFunction, QueueTrigger } from "./local-function.ts";
import type { PausedQueues } from "./paused-queues.ts";
import { queueArn } from "./queues.ts";

/** What hands the messages of one queue to one function, and can be paused. */
export type EventSourceMapping = {
  /** The same at every start. */
  readonly uuid: string;
  /** Without service and stage: `audience-batcher`. */
  readonly functionName: string;
  readonly queueArn: string;
  readonly batchSize: number;
  readonly windowMs: number;
  /** Invocations at a time. */
  readonly concurrency: number;
  readonly state: () => EventSourceState;
  /** When it was last paused or resumed, or else started. Unix ms. */
  readonly changedAtMs: () => number;
  /** What is paused stays so across a restart with the same data directory. */
  readonly pause: () => EventSourceChange;
  readonly resume: () => EventSourceChange;
  readonly stop: () => Promise<void>;
};

export type MappingsConfig = {
  readonly functions: readonly LocalFunction[];
  readonly hosts: FunctionHosts;
  readonly queues: { readonly endpoint: string; readonly url: (name: string) => string };
  readonly paused: PausedQueues;
  readonly batchWindowSeconds: number;
  readonly now: () => number;
  readonly onProblem: (problem: string) => void;
};

/** Starts a mapping for every queue of every function, but for those that were paused before: each of these is named as a problem. */
export function startMappings(config: MappingsConfig): readonly EventSourceMapping[] {
  return config.functions.flatMap(({ name, trigger }) => {
    const host = config.hosts.get(name);
    if (trigger.kind !== "queue" || !host) return [];
    return trigger.queues.map((queue) =>
      startMapping(config, { functionName: name, trigger, queue, invoke: host.invoke }),
    );
  });
}

type Wiring = {
  readonly functionName: string;
  readonly trigger: QueueTrigger;
  readonly queue: string;
  readonly invoke: (event: unknown) => Promise<unknown>;
};

function startMapping(
  { queues, paused, batchWindowSeconds, now, onProblem }: MappingsConfig,
  { functionName, trigger, queue, invoke }: Wiring,
): EventSourceMapping {
  const { batchSize, concurrency } = trigger;
  const windowMs = Math.min(batchWindowSeconds, trigger.longestWindowSeconds ?? Infinity) * 1000;
  const isPaused = paused.has(queue);
  if (isPaused) onProblem(pausedNotice(queue, functionName));
  const source: EventSource = startEventSource({
    endpoint: queues.endpoint,
    queueUrl: queues.url(queue),
    queueArn: queueArn(queue),
    batchSize,
    windowMs,
    concurrency,
    invoke,
    onProblem: (problem) => onProblem(`${queue}: ${problem}`),
    initially: isPaused ? "paused" : "running",
  });
  let changedAtMs = now();
  const change = (state: "paused" | "running"): EventSourceChange => {
    const before = source.state();
    const answer = state === "paused" ? source.pause() : source.resume();
    if (answer === "accepted") {
      paused.set(queue, state);
      if (source.state() !== before) changedAtMs = now();
    }
    return answer;
  };
  return {
    uuid: uuidOf(`${functionName} ${queue}`),
    functionName,
    queueArn: queueArn(queue),
    batchSize,
    windowMs,
    concurrency,
    state: source.state,
    changedAtMs: () => changedAtMs,
    pause: () => change("paused"),
    resume: () => change("running"),
    stop: source.stop,
  };
}

function pausedNotice(queue: string, functionName: string): string {
  return `${queue} is paused, as it was when the stack last ran: its messages wait until 'npx flagbridge resume ${functionName}'.`;
}

/** The namespace is any UUID that is always the same. */
const uuidOf = uuidsIn("0f1a2f0e-5b0c-4c5e-9d55-6f1f6c3f1d0b");
