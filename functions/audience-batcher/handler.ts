import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { dynamoLedger } from "../../lib/audience/ledger/dynamodb-entries.ts";
import { launchdarklySecret } from "../../lib/connections/destination-secrets.ts";
import { clock, openFunction, openSecrets, openTable, userAgent } from "../compose.ts";
import { httpSession } from "../http-session.ts";
import { openSettling } from "../open-settling.ts";
import type { QueueContext, QueueResult } from "../settle-records.ts";
import { readEnvironment } from "./env.ts";
import { audienceBatcher } from "./flush.ts";

const environment = readEnvironment(process.env, __dirname);
const { ledgerTable: table, rules } = environment;
const { writeTimeoutMs } = rules;
const opened = openFunction(environment);
const { connections, log } = opened;
const secrets = openSecrets(environment, opened, launchdarklySecret);
// A third of the time that the entries of one request have: a call that fails can be repeated.
const calls = openTable({ table, timeoutMs: Math.floor(writeTimeoutMs / 3) });
const ledger = dynamoLedger({ calls, ports: clock, writeTimeoutMs });
const flush = audienceBatcher({ connections, secrets, ledger, clock, rules, userAgent, log });

/** Records of an environment's audience-operations queue: see README.md. */
export const handler = middy<SQSEvent, QueueResult, Error, QueueContext>()
  .use(injectLambdaContext(opened.logger))
  .use(logMetrics(opened.metrics))
  .use(httpSession())
  .use(openSettling(environment, opened, "audience-operations"))
  .handler(({ Records }, invocation) => flush(Records, invocation));
