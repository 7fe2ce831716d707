/** One function of the bundle as the local stack runs it. */
export type LocalFunction = {
  readonly name: string;
  /** Absolute path of its bundle. */
  readonly file: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** How many invocations may run at a time; more wait. */
  readonly maxEnvironments: number;
  readonly variables: (stack: StackAddresses) => Readonly<Record<string, string>>;
  readonly trigger: HttpTrigger | QueueTrigger | ScheduleTrigger;
};

/** Every request that is not for the sandbox. One function has it. */
export type HttpTrigger = { readonly kind: "http" };

export type QueueTrigger = {
  readonly kind: "queue";
  /** Their names; each has its dead-letter queue. */
  readonly queues: readonly string[];
  readonly batchSize: number;
  /** Invocations at a time for each queue. */
  readonly concurrency: number;
  /** Where the stack's batching window would be longer. */
  readonly longestWindowSeconds?: number;
};

/** Every so many ms, or when the invocation before has ended if that is later. */
export type ScheduleTrigger = { readonly kind: "schedule"; readonly everyMs: number };

/** Where the parts of a running stack are: what a function's environment variables tell it. */
export type StackAddresses = {
  readonly sqs: string;
  readonly dynamodb: string;
  readonly secretsManager: string;
  readonly queueUrl: (name: string) => string;
  readonly ledgerTable: string;
  readonly cursorsTable: string;
  readonly replaysTable: string;
  readonly secretPrefix: string;
  /** The checked connections as JSON. */
  readonly connectionsFile: string;
};
