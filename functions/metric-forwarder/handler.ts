import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { launchdarklySecret, secretCheckOf } from "../../lib/connections/check-secrets.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { clock, openFunction, openQueues, openSecrets, version } from "../compose.ts";
import { readConsumerEnvironment } from "../environment.ts";
import { httpSession } from "../http-session.ts";
import { type QueueContext, type QueueResult, settleRecords } from "../settle-records.ts";
import { metricForwarder } from "./forward.ts";

const environment = readConsumerEnvironment(process.env, __dirname);
const {
  connections,
  logger,
  metrics,
  log,
  recordMetrics,
  noteSecretProblem: onProblem,
  noteFault,
} = openFunction(environment);
const { queueUrlPrefix, requestTimeoutMs: timeoutMs } = environment;
const { now, random } = clock;
const secrets = { readSecrets: openSecrets(environment, secretCheckOf(launchdarklySecret)), onProblem };
const forward = metricForwarder({ connections, secrets, now, random, noteFault, timeoutMs, version });

/** Records of an environment's metric-events queue: see README.md. */
export const handler = middy<SQSEvent, QueueResult, Error, QueueContext>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(httpSession())
  .use(
    settleRecords({
      queues: openQueues(),
      queueUrlPrefix,
      kind: "metric-events",
      service: "launchdarkly-events",
      event: EVENTS.metricsForwarded,
      reserveMs: Math.floor(timeoutMs / 2),
      now,
      random,
      log,
      recordMetrics,
    }),
  )
  .handler(({ Records }, invocation) => forward(Records, invocation));
