import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { posthogSecret, secretCheckOf } from "../../lib/connections/check-secrets.ts";
import { confirmedBy } from "../../lib/delivery/settle-queues.ts";
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
const { queueUrl, deadLetterQueueUrl, requestTimeoutMs: timeoutMs } = environment;
const { now, random } = clock;
const queues = openQueues();
const secrets = { readSecrets: openSecrets(environment, secretCheckOf(posthogSecret)), onProblem };
const queueAnnotations = async (bodies: readonly string[]) =>
  confirmedBy(await senderTo(queues, queueUrl)(bodies), (codes) =>
    log.error(EVENTS.queueRefused, { queueUrl, codes }),
  );
const forward = posthogForwarder({ connections, secrets, queueAnnotations, now, random, timeoutMs, version });

/** Records of the flag-changes queue: see README.md. */
export const handler = middy<SQSEvent, QueueResult, Error, QueueContext>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(httpSession())
  .use(
    settleRecords({
      queues,
      queueUrl,
      deadLetterQueueUrl,
      destination: "posthog",
      event: EVENTS.flagChangesForwarded,
      reserveMs: Math.floor(timeoutMs / 2),
      now,
      random,
      log,
      recordMetrics,
    }),
  )
  .handler(({ Records }, invocation) => forward(Records, invocation));
