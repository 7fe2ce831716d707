import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { connectionSecretCheck } from "../../lib/connections/check-secrets.ts";
import { dynamoReplays } from "../../lib/replays/dynamodb.ts";
import {
  clock,
  digest,
  openFileBeside,
  openFunction,
  openSecretReader,
  openSender,
  openTable,
  version,
} from "../compose.ts";
import { answerFaults, endEarly } from "./answer-faults.ts";
import { readEnvironment } from "./env.ts";
import type { Answer } from "./respond.ts";
import { serve } from "./serve.ts";

const environment = readEnvironment(process.env, __dirname);
const { connections, logger, metrics, log, recordMetrics } = openFunction(environment);
const observers = { log, recordMetrics };
// Two attempts before and two after the queue, and the sender still gets an answer.
const calls = openTable({ table: environment.replaysTable, timeoutMs: 1_000 });
const ports = {
  connections,
  readSecrets: openSecretReader(environment, connectionSecretCheck(connections)),
  send: openSender(environment),
  replays: dynamoReplays({ calls, random: clock.random }),
  now: clock.now,
  digest,
  version,
  openapi: openFileBeside(__dirname, "openapi.json"),
};

/** Every request of the HTTP API: see README.md. */
export const handler = middy<APIGatewayProxyEventV2, Answer>(endEarly)
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(answerFaults(observers))
  .handler(serve(ports, observers));
