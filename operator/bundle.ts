import {
  DEAD_LETTERS,
  type DestinationQueue,
  type QueueKind,
  queueNameOf,
} from "../lib/connections/queues.ts";
import type { Connections } from "../lib/connections/schema.ts";

/** Where a bundle runs, as the output of every task names it. */
export type Where =
  | { readonly kind: "local"; readonly url: string; readonly region: string; readonly accountId: string }
  | {
      readonly kind: "stage";
      readonly stage: string;
      readonly region: string;
      readonly accountId: string;
      readonly url: string;
    };

/** A queue of the bundle with its dead-letter queue, and the function that reads it. */
export type BundleQueue = DestinationQueue & {
  /** As AWS has it: `flagbridge-prod-audience-operations-production`. */
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly deadLetters: { readonly name: string; readonly url: string; readonly arn: string };
  readonly function: FunctionName;
};

/** The functions that read queues, by the kind of their messages. */
export const READERS = {
  "audience-operations": "audience-batcher",
  "metric-events": "metric-forwarder",
  "flag-changes": "posthog-forwarder",
  erasures: "eraser",
} as const satisfies Record<QueueKind, string>;

export const FUNCTIONS = [
  "ingest",
  "audience-batcher",
  "metric-forwarder",
  "posthog-forwarder",
  "audit-log-sweeper",
  "eraser",
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** The functions that a bundle has: nobody erases where no connection asks for it. */
export function functionsOf({ queues }: Pick<Bundle, "queues">): readonly FunctionName[] {
  return FUNCTIONS.filter(
    (name) => name !== READERS.erasures || queues.some(({ kind }) => kind === "erasures"),
  );
}

/** What a bundle is made of, found once: names and places, no clients. */
export type Bundle = {
  readonly where: Where;
  readonly connections: Connections;
  /** Where the connections were read from, to be named in messages. */
  readonly connectionsFile: string;
  /** `flagbridge-prod-`: what stands before every name. */
  readonly namePrefix: string;
  readonly queues: readonly BundleQueue[];
  readonly tables: { readonly ledger: string; readonly cursors: string; readonly replays: string };
  /** `flagbridge/prod/`: what stands before the names of secrets in connections.yml. */
  readonly secretPrefix: string;
  /** What was deployed, as the stack says; undefined where it does not. */
  readonly deployed: { readonly version: string | undefined; readonly connectionsDigest: string | undefined };
};

/** The name that AWS has for a function: `flagbridge-prod-ingest`. */
export function functionNameOf({ namePrefix }: Pick<Bundle, "namePrefix">, name: FunctionName): string {
  return `${namePrefix}${name}`;
}

/** All names and places of a queue. `urlOf` gives a queue's URL by its full name. */
export function bundleQueue(
  queue: DestinationQueue,
  given: {
    readonly namePrefix: string;
    readonly arnPrefix: string;
    readonly urlOf: (name: string) => string;
  },
): BundleQueue {
  const name = `${given.namePrefix}${queueNameOf(queue)}`;
  const placed = (one: string) => ({ name: one, url: given.urlOf(one), arn: `${given.arnPrefix}${one}` });
  return {
    ...queue,
    ...placed(name),
    deadLetters: placed(name + DEAD_LETTERS),
    function: READERS[queue.kind],
  };
}
