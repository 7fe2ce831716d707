import type { SQSRecord } from "aws-lambda";
import type { Clock } from "../../lib/audience/hold.ts";
import type { Ledger } from "../../lib/audience/ledger/ledger.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { integrationOf } from "../../lib/connections/source-traits.ts";
import { queueFunction } from "../../lib/delivery/queue-function.ts";
import { recordFlush } from "../../lib/delivery/record-batch.ts";
import type { DeliveryQueues } from "../../lib/delivery/settle-queues.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { accessToken, type ReadSecrets } from "../../lib/launchdarkly/client.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { faultFields, type Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import { routesTo } from "./destinations.ts";
import type { BatcherEnvironment } from "./env.ts";
import { flush } from "./flush.ts";

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

export function consume(ports: ConsumePorts) {
  const { environment, clock, log } = ports;
  const limits = noLimits();
  const onProblem = (problem: string): void => log.error(EVENTS.secretUnusable, { problem });
  const secrets = { readSecrets: ports.readSecrets, onProblem };
  const timeoutMs = environment.rules.requestTimeoutMs;
  return queueFunction<SQSRecord>(
    {
      ...ports,
      ...environment,
      ...clock,
      destination: "launchdarkly",
      reserveMs: Math.floor(timeoutMs / 2),
      noteUnconfirmed: (queueUrl, codes) => log.error(EVENTS.queueRefused, { queueUrl, codes }),
      record: (outcomes, spent) => recordFlush(EVENTS.audienceFlushed, outcomes, spent, ports),
    },
    (records, { http, budget }) => {
      const token = (secret: string, after?: string) => accessToken(secret, after, secrets);
      const noteFault = (step: string, error: unknown): void =>
        log.warn(EVENTS.protocolStepFailed, { step, ...faultFields(error) });
      const routePorts = {
        ...ports,
        http,
        noteProblem: (problem: string): void => log.error(EVENTS.segmentUnusable, { problem }),
        now: clock.now,
        accessToken: token,
        integrationOf,
        limits,
        timeoutMs,
      };
      const routesOf = routesTo(ports.connections, routePorts);
      return flush(
        records,
        { ...ports, budget, random: clock.random, noteFault, routesOf },
        environment.rules,
      );
    },
  );
}
