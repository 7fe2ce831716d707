import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { dynamoLedger } from "../../lib/audience/ledger/dynamodb-entries.ts";
import { launchdarklySecret, secretCheckOf } from "../../lib/connections/check-secrets.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { clock, openFunction, openQueues, openSecrets, openTable, userAgent } from "../compose.ts";
import { httpSession } from "../http-session.ts";
import { type QueueContext, type QueueResult, settleRecords } from "../settle-records.ts";
import { readEnvironment } from "./env.ts";
import { audienceBatcher } from "./flush.ts";

const environment = readEnvironment(process.env, __dirname);
const {
  connections,
  logger,
  metrics,
  log,
  recordMetrics,
  noteSecretProblem: onProblem,
} = openFunction(environment);
const { queueUrlPrefix, ledgerTable: table, rules } = environment;
const { now, random } = clock;
const { writeTimeoutMs } = rules;
const secrets = { readSecrets: openSecrets(environment, secretCheckOf(launchdarklySecret)), onProblem };
// A third of the time that the entries of one request have: a call that fails can be repeated.
const calls = openTable({ table, timeoutMs: Math.floor(writeTimeoutMs / 3) });
const ledger = dynamoLedger({ calls, ports: clock, writeTimeoutMs });
const flush = audienceBatcher({ connections, secrets, ledger, clock, rules, userAgent, log });

/** Records of an environment's audience-operations queue: see README.md. */
export const handler = middy<SQSEvent, QueueResult, Error, QueueContext>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(httpSession())
  .use(
    settleRecords({
      queues: openQueues(),
      queueUrlPrefix,
      kind: "audience-operations",
      service: "launchdarkly",
      event: EVENTS.audienceFlushed,
      reserveMs: Math.floor(rules.requestTimeoutMs / 2),
      now,
      random,
      log,
      recordMetrics,
    }),
  )
  .handler(({ Records }, invocation) => flush(Records, invocation));
