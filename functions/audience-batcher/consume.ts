import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import type { Clock } from "../../lib/audience/hold.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import type { Integration } from "../../lib/connections/integrations.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import type { LaunchDarklySecret } from "../../lib/connections/secrets.ts";
import { type HttpSession, openHttpSession } from "../../lib/delivery/http-session.ts";
import { settleBatch } from "../../lib/delivery/settle-batch.ts";
import { timeBudget } from "../../lib/delivery/time-budget.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { faultFields, type Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import type { BatcherEnvironment } from "./env.ts";
import { flush } from "./flush.ts";
import { type Limits, routesTo } from "./routes.ts";
import { recordFlush } from "./summary.ts";

export type ConsumePorts = {
  readonly environment: BatcherEnvironment;
  readonly connections: Connections;
  readonly readSecrets: ReadSecrets;
  readonly queues: Queues;
  readonly ledger: Ledger;
  readonly clock: Clock & { readonly random: () => number };
  readonly userAgent: string;
  readonly log: Log;
  readonly recordMetrics: RecordMetrics;
};

type ReadSecrets = (
  names: readonly string[],
  freshness: "cached" | "refreshed",
) => Promise<ReadonlyMap<string, SecretAnswer>>;

type SecretAnswer =
  | { readonly kind: "usable"; readonly value: LaunchDarklySecret }
  | { readonly kind: "unusable"; readonly problem: string };

type Confirmation = { readonly kind: "confirmed" } | { readonly kind: "failed"; readonly code: string };

type Queues = {
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly {
      readonly body: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly delaySeconds?: number;
    }[],
  ) => Promise<readonly Confirmation[]>;
  readonly setVisibility: (
    queueUrl: string,
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<readonly Confirmation[]>;
};

/** One invocation: everything it starts has ended when it answers, so that nothing thaws with the next one. */
export function consume(ports: ConsumePorts) {
  const { environment, clock, log, queues } = ports;
  const limits: Limits = new Map();
  return async (records: readonly SQSRecord[], remainingMs: () => number): Promise<SQSBatchResponse> => {
    const startedAtMs = clock.now();
    const session = openHttpSession();
    let requests = 0;
    const http: Pick<HttpSession, "send"> = {
      send: (request) => {
        requests += 1;
        return session.send(request);
      },
    };
    try {
      const outcomes = await flush(
        records,
        {
          ...ports,
          budget: timeBudget(remainingMs, reserveMs(environment)),
          random: clock.random,
          noteFault: (step, error) => log.warn(EVENTS.protocolStepFailed, { step, ...faultFields(error) }),
          routesOf: routesTo(ports.connections, {
            ...ports,
            http,
            now: clock.now,
            accessToken: (secret, after) => accessToken(secret, after, ports),
            integrationOf,
            limits,
            timeoutMs: environment.rules.requestTimeoutMs,
          }),
        },
        environment.rules,
      );
      const answer = await settleBatch(outcomes, {
        destination: "launchdarkly",
        nowMs: clock.now(),
        random: clock.random,
        sendDeadLetters: async (letters) =>
          confirmed(await queues.sendToQueue(environment.deadLetterQueueUrl, letters)),
        requeue: async (rests) => confirmed(await queues.sendToQueue(environment.queueUrl, rests)),
        setVisibility: async (changes) => void (await queues.setVisibility(environment.queueUrl, changes)),
      });
      recordFlush(outcomes, { requests, ms: clock.now() - startedAtMs }, ports);
      return { batchItemFailures: [...answer.batchItemFailures] };
    } finally {
      session.close();
    }
  };
}

/** Kept for dead letters, visibility and the answer. */
function reserveMs({ rules }: BatcherEnvironment): number {
  return Math.floor(rules.requestTimeoutMs / 2);
}

function confirmed(outcomes: readonly Confirmation[]): boolean[] {
  return outcomes.map(({ kind }) => kind === "confirmed");
}

function integrationOf({ source, audiences }: Connection): Integration {
  return audiences.integration ?? SOURCES[source].integration;
}

/** @throws {Error} naming what is wrong with the secret, after logging it. */
async function accessToken(
  secret: string,
  after: string | undefined,
  { readSecrets, log }: ConsumePorts,
): Promise<string> {
  const answer = (await readSecrets([secret], after === undefined ? "cached" : "refreshed")).get(secret);
  if (answer?.kind === "usable") return answer.value.accessToken;
  const problem = answer?.problem ?? `secret "${secret}" was not read`;
  log.error(EVENTS.secretUnusable, { problem });
  throw new Error(problem);
}
