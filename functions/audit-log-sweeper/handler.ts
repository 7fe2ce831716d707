import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { launchdarklySecret, secretCheckOf } from "../../lib/connections/check-secrets.ts";
import {
  clock,
  digest,
  openFunction,
  openQueues,
  openSecrets,
  openTable,
  senderTo,
  userAgent,
} from "../compose.ts";
import { httpSession, type SessionContext } from "../http-session.ts";
import type { BackfillAnswer } from "./backfill.ts";
import { dynamoCursors } from "./cursors/dynamodb.ts";
import { readEnvironment } from "./env.ts";
import { sweeper } from "./run.ts";

const environment = readEnvironment(process.env, __dirname);
const {
  connections,
  logger,
  metrics,
  log,
  recordMetrics,
  noteSecretProblem: onProblem,
} = openFunction(environment);
const { cursorsTable: table, requestTimeoutMs: timeoutMs } = environment;
const { now } = clock;

/** The schedule's event, or that of a backfill: see README.md. */
export const handler = middy<unknown, BackfillAnswer | undefined, Error, Context & SessionContext>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(httpSession())
  .handler(
    sweeper({
      connections,
      secrets: { readSecrets: openSecrets(environment, secretCheckOf(launchdarklySecret)), onProblem },
      cursors: dynamoCursors(openTable({ table, timeoutMs: 2_000 }), now),
      send: senderTo(openQueues(), environment),
      digest,
      now,
      timeoutMs,
      userAgent,
      log,
      recordMetrics,
    }),
  );
