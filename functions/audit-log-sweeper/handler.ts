import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { launchdarklySecret } from "../../lib/connections/destination-secrets.ts";
import { clock, digest, openFunction, openSecrets, openSender, openTable, userAgent } from "../compose.ts";
import { httpSession, type SessionContext } from "../http-session.ts";
import type { BackfillAnswer } from "./backfill.ts";
import { dynamoCursors } from "./cursors/dynamodb.ts";
import { readEnvironment } from "./env.ts";
import { sweeper } from "./run.ts";

const environment = readEnvironment(process.env, __dirname);
const opened = openFunction(environment);
const sweep = sweeper({
  connections: opened.connections,
  secrets: openSecrets(environment, opened, launchdarklySecret),
  cursors: dynamoCursors(openTable({ table: environment.cursorsTable, timeoutMs: 2_000 }), clock.now),
  send: openSender(environment),
  digest,
  now: clock.now,
  timeoutMs: environment.requestTimeoutMs,
  userAgent,
  log: opened.log,
  recordMetrics: opened.recordMetrics,
});

/** The schedule's event, or that of a backfill: see README.md. */
export const handler = middy<unknown, BackfillAnswer | undefined, Error, Context & SessionContext>()
  .use(injectLambdaContext(opened.logger))
  .use(logMetrics(opened.metrics))
  .use(httpSession())
  .handler(sweep);
