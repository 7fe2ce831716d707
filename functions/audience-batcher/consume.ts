import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import type { Clock } from "../../lib/audience/hold.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import type { Integration } from "../../lib/connections/integrations.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import { type HttpSession, openHttpSession } from "../../lib/delivery/http-session.ts";
import { type DeliveryQueues, settleOn } from "../../lib/delivery/settle-queues.ts";
import { timeBudget } from "../../lib/delivery/time-budget.ts";
import { accessToken, type ReadSecrets } from "../../lib/launchdarkly/access-token.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { recordFlush } from "../../lib/observability/flush.ts";
import { faultFields, type Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import type { BatcherEnvironment } from "./env.ts";
import { flush } from "./flush.ts";
import { type Limits, routesTo } from "./routes.ts";

export type ConsumePorts = {
  readonly environment: BatcherEnvironment;
  readonly connections: Connections;
  readonly readSecrets: ReadSecrets;
  readonly queues: DeliveryQueues;
  readonly ledger: Ledger;
  readonly clock: Clock & { readonly random: () => number };
  readonly userAgent: string;
  readonly log: Log;
  readonly recordMetrics: RecordMetrics;
};

/** One invocation: everything it starts has ended when it answers, so that nothing thaws with the next one. */
export function consume(ports: ConsumePorts) {
  const { environment, clock, log, queues } = ports;
  const limits: Limits = new Map();
  const onProblem = (problem: string): void => log.error(EVENTS.secretUnusable, { problem });
  const secrets = { readSecrets: ports.readSecrets, onProblem };
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
            accessToken: (secret, after) => accessToken(secret, after, secrets),
            integrationOf,
            limits,
            timeoutMs: environment.rules.requestTimeoutMs,
          }),
        },
        environment.rules,
      );
      const { batchItemFailures } = await settleOn(outcomes, {
        ...environment,
        queues,
        destination: "launchdarkly",
        nowMs: clock.now(),
        random: clock.random,
      });
      recordFlush(EVENTS.audienceFlushed, outcomes, { requests, ms: clock.now() - startedAtMs }, ports);
      return { batchItemFailures: [...batchItemFailures] };
    } finally {
      session.close();
    }
  };
}

/** Kept for dead letters, visibility and the answer. */
function reserveMs({ rules }: BatcherEnvironment): number {
  return Math.floor(rules.requestTimeoutMs / 2);
}

function integrationOf({ source, audiences }: Connection): Integration {
  return audiences.integration ?? SOURCES[source].integration;
}
