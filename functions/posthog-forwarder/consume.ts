import type { SQSRecord } from "aws-lambda";
import type { PosthogSecret } from "../../lib/connections/check-secrets.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { queueFunction } from "../../lib/delivery/queue-function.ts";
import { recordFlush } from "../../lib/delivery/record-batch.ts";
import { confirmedBy, type DeliveryQueues } from "../../lib/delivery/settle-queues.ts";
import { within } from "../../lib/delivery/time-budget.ts";
import type { ReadSecrets } from "../../lib/http/credential.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import type { Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import type { Paces } from "../../lib/posthog/annotations/pace.ts";
import { projectsOf } from "./destinations.ts";
import type { ForwarderEnvironment } from "./env.ts";
import { forward } from "./forward.ts";

export type ConsumePorts = {
  readonly environment: ForwarderEnvironment;
  readonly connections: Connections;
  readonly readSecrets: ReadSecrets<PosthogSecret>;
  readonly queues: DeliveryQueues;
  readonly now: () => number;
  readonly random: () => number;
  readonly version: string;
  readonly log: Log;
  readonly recordMetrics: RecordMetrics;
};

/** Annotations may wait, events may not: so long after an invocation began it starts no more requests for them. */
const ANNOTATIONS_MS = 20_000;

export function consume(ports: ConsumePorts) {
  const { environment, log, now, queues } = ports;
  const { queueUrl, requestTimeoutMs: timeoutMs } = environment;
  const limits = noLimits();
  const paces: Paces = new Map();
  const onProblem = (problem: string): void => log.error(EVENTS.secretUnusable, { problem });
  const secrets = { readSecrets: ports.readSecrets, onProblem };
  const noteUnconfirmed = (url: string, codes: Readonly<Record<string, number>>): void =>
    log.error(EVENTS.queueRefused, { queueUrl: url, codes });
  const queueAnnotations = async (bodies: readonly string[]): Promise<readonly boolean[]> => {
    const answers = await queues.sendToQueue(
      queueUrl,
      bodies.map((body) => ({ body })),
    );
    return confirmedBy(answers, (codes) => noteUnconfirmed(queueUrl, codes));
  };
  return queueFunction<SQSRecord>(
    {
      ...ports,
      ...environment,
      destination: "posthog",
      reserveMs: Math.floor(timeoutMs / 2),
      noteUnconfirmed,
      record: (outcomes, spent) => recordFlush(EVENTS.flagChangesForwarded, outcomes, spent, ports),
    },
    (records, { http, budget }) => {
      const shared = { ...ports, http, secrets, limits, paces, timeoutMs };
      const { senderTo } = projectsOf(ports.connections, { ...shared, budget });
      const { annotatorOf } = projectsOf(ports.connections, {
        ...shared,
        budget: within(budget, { untilMs: now() + ANNOTATIONS_MS, now }),
      });
      return forward(records, {
        ...ports,
        senderTo,
        annotatorOf,
        queueAnnotations,
        budget,
        deliveryMs: timeoutMs,
      });
    },
  );
}
