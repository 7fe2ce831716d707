import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { dynamoHolds } from "../../lib/audience/ledger/dynamodb-holds.ts";
import { dynamoListing } from "../../lib/audience/ledger/dynamodb-listing.ts";
import { launchdarklySecret } from "../../lib/connections/destination-secrets.ts";
import {
  clock,
  openFunction,
  openQueues,
  openQueueWalk,
  openSecrets,
  openTable,
  openWholeTable,
  userAgent,
} from "../compose.ts";
import { httpSession } from "../http-session.ts";
import { openSettling } from "../open-settling.ts";
import type { QueueContext, QueueResult } from "../settle-records.ts";
import { readEnvironment } from "./env.ts";
import { eraser } from "./erase.ts";

const environment = readEnvironment(process.env, __dirname);
const { ledgerTable: table, queueUrlPrefix, requestTimeoutMs: timeoutMs } = environment;
const opened = openFunction(environment);
const { connections, log } = opened;
const secrets = openSecrets(environment, opened, launchdarklySecret);
const ledger = dynamoListing({ calls: openWholeTable(table), ports: clock });
const holds = dynamoHolds({ calls: openTable({ table, timeoutMs: 2_000 }), ports: clock });
const { walkCalls, countQueue } = openQueueWalk();
const { sendToQueue } = openQueues();
const { now, sleep } = clock;
const erase = eraser({
  ...{ connections, secrets, ledger, holds, walkCalls, countQueue, sendToQueue },
  ...{ queueUrlPrefix, timeoutMs, now, sleep, userAgent, log },
});

/** Records of the erasures queue: see README.md. */
export const handler = middy<SQSEvent, QueueResult, Error, QueueContext>()
  .use(injectLambdaContext(opened.logger))
  .use(logMetrics(opened.metrics))
  .use(httpSession())
  .use(openSettling(environment, opened, "erasures"))
  .handler(({ Records }, invocation) => erase(Records, invocation));
