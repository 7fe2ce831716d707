import type { SQSRecord } from "aws-lambda";
import type { Connections } from "../../lib/connections/schema.ts";
import { queueFunction } from "../../lib/delivery/queue-function.ts";
import { recordFlush } from "../../lib/delivery/record-batch.ts";
import type { DeliveryQueues } from "../../lib/delivery/settle-queues.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { accessToken, type ReadSecrets } from "../../lib/launchdarkly/client.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import type { Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import { lanesTo } from "./destinations.ts";
import type { ForwarderEnvironment } from "./env.ts";
import { forward } from "./forward.ts";

export type ConsumePorts = {
  readonly environment: ForwarderEnvironment;
  readonly connections: Connections;
  readonly readSecrets: ReadSecrets;
  readonly queues: DeliveryQueues;
  readonly now: () => number;
  readonly random: () => number;
  readonly version: string;
  readonly log: Log;
  readonly recordMetrics: RecordMetrics;
};

export function consume(ports: ConsumePorts) {
  const { environment, log, now } = ports;
  const limits = noLimits();
  const onProblem = (problem: string): void => log.error(EVENTS.secretUnusable, { problem });
  const secrets = { readSecrets: ports.readSecrets, onProblem };
  const timeoutMs = environment.requestTimeoutMs;
  return queueFunction<SQSRecord>(
    {
      ...ports,
      ...environment,
      destination: "launchdarkly-events",
      reserveMs: Math.floor(timeoutMs / 2),
      noteUnconfirmed: (queueUrl, codes) => log.error(EVENTS.queueRefused, { queueUrl, codes }),
      record: (outcomes, spent) => recordFlush(EVENTS.metricsForwarded, outcomes, spent, ports),
    },
    (records, { http, budget }) => {
      const token = (secret: string, after?: string) => accessToken(secret, after, secrets);
      const laneOf = lanesTo(ports.connections, { ...ports, http, accessToken: token, limits, timeoutMs });
      return forward(records, { ...ports, laneOf, budget, now, deliveryMs: 2 * timeoutMs });
    },
  );
}
