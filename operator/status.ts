import { type Bundle, functionNameOf, functionsOf, type Where } from "./bundle.ts";
import { type EventSourceCalls, functionStates, type Paused } from "./pause.ts";

export type Status = {
  readonly target: Where;
  readonly queues: readonly QueueStatus[];
  readonly functions: readonly FunctionStatus[];
  readonly deadLettersByReason: Readonly<Record<string, number>>;
  readonly alarms: readonly RingingAlarm[];
  readonly limits: readonly LimitSeen[];
};

export type QueueStatus = {
  readonly name: string;
  readonly waiting: number;
  readonly inFlight: number;
  /** How long the oldest message has waited; null when none does. */
  readonly oldestSeconds: number | null;
  readonly deadLetters: number;
};

export type FunctionStatus = {
  readonly name: string;
  readonly paused: Paused;
  /** Of the last hour; absent on the local stack, which does not count them. */
  readonly errors?: number;
};

export type RingingAlarm = { readonly name: string; readonly since: string; readonly description: string };

/** A destination that answered 429, or was left alone because it refused or did not answer, in the last quarter of an hour. */
export type LimitSeen = {
  readonly destination: string;
  readonly what: "answered-429" | "closed";
  readonly count: number;
};

export type MetricCalls = {
  readonly oldestSeconds: (queueNames: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly errorsOfLastHour: (functionNames: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly limitsSeen: () => Promise<readonly LimitSeen[]>;
  readonly ringingAlarms: () => Promise<readonly RingingAlarm[]>;
};

export type StatusPorts = {
  readonly bundle: Pick<Bundle, "where" | "queues" | "namePrefix">;
  readonly countQueue: (queueUrl: string) => Promise<{ readonly waiting: number; readonly inFlight: number }>;
  readonly eventSources: EventSourceCalls;
  readonly metrics: MetricCalls;
  /** Reads the letters of queues that have some. */
  readonly lettersByReason: () => Promise<Readonly<Record<string, number>>>;
};

/** Everything at one look: what waits, what is paused, what is dead, what rings. It changes nothing. */
export async function readStatus(ports: StatusPorts): Promise<Status> {
  const { bundle, countQueue, eventSources, metrics } = ports;
  const names = functionsOf(bundle);
  const functionNames = names.map((name) => functionNameOf(bundle, name));
  const [queues, states, errors, alarms, limits] = await Promise.all([
    queueStatuses(bundle.queues, { countQueue, metrics }),
    functionStates(bundle, eventSources),
    metrics.errorsOfLastHour(functionNames),
    metrics.ringingAlarms(),
    metrics.limitsSeen(),
  ]);
  const hasLetters = queues.some(({ deadLetters }) => deadLetters > 0);
  return {
    target: bundle.where,
    queues,
    functions: names.map((name) => {
      const counted = errors.get(functionNameOf(bundle, name));
      const paused = states.find((state) => state.name === name)?.paused ?? false;
      const isCounted = bundle.where.kind === "stage";
      return { name, paused, ...(isCounted && { errors: counted ?? 0 }) };
    }),
    deadLettersByReason: hasLetters ? await ports.lettersByReason() : {},
    alarms,
    limits,
  };
}

async function queueStatuses(
  queues: Bundle["queues"],
  { countQueue, metrics }: Pick<StatusPorts, "countQueue" | "metrics">,
): Promise<readonly QueueStatus[]> {
  const [oldest, counts] = await Promise.all([
    metrics.oldestSeconds(queues.map(({ name }) => name)),
    Promise.all(
      queues.map(async ({ url, deadLetters }) => ({
        main: await countQueue(url),
        dead: await countQueue(deadLetters.url),
      })),
    ),
  ]);
  return queues.map(({ name }, at) => {
    const { main, dead } = counts[at] ?? { main: { waiting: 0, inFlight: 0 }, dead: undefined };
    const isEmpty = main.waiting + main.inFlight === 0;
    return {
      name,
      ...main,
      oldestSeconds: isEmpty ? null : (oldest.get(name) ?? null),
      deadLetters: dead ? dead.waiting + dead.inFlight : 0,
    };
  });
}
