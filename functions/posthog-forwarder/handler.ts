import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { posthogSecret, secretCheckOf } from "../../lib/connections/check-secrets.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { clock, openFunction, openQueues, openSecrets, senderTo, version } from "../compose.ts";
import { readConsumerEnvironment } from "../environment.ts";
import { httpSession } from "../http-session.ts";
import { type QueueContext, type QueueResult, settleRecords } from "../settle-records.ts";
import { posthogForwarder } from "./forward.ts";

const environment = readConsumerEnvironment(process.env, __dirname);
const {
  connections,
  logger,
  metrics,
  log,
  recordMetrics,
  noteSecretProblem: onProblem,
} = openFunction(environment);
const { queueUrlPrefix, requestTimeoutMs: timeoutMs } = environment;
const { now, random } = clock;
const queues = openQueues();
const secrets = { readSecrets: openSecrets(environment, secretCheckOf(posthogSecret)), onProblem };
const send = senderTo(queues, environment);
const forward = posthogForwarder({ connections, secrets, send, now, random, timeoutMs, version, log });

/** Records of a project's flag-changes queue: see README.md. */
export const handler = middy<SQSEvent, QueueResult, Error, QueueContext>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(httpSession())
  .use(
    settleRecords({
      queues,
      queueUrlPrefix,
      kind: "flag-changes",
      service: "posthog",
      event: EVENTS.flagChangesForwarded,
      reserveMs: Math.floor(timeoutMs / 2),
      now,
      random,
      log,
      recordMetrics,
    }),
  )
  .handler(({ Records }, invocation) => forward(Records, invocation));
