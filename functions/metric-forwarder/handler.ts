import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import { launchdarklySecret } from "../../lib/connections/destination-secrets.ts";
import { clock, openFunction, openSecrets, version } from "../compose.ts";
import { readConsumerEnvironment } from "../environment.ts";
import { httpSession } from "../http-session.ts";
import { openSettling } from "../open-settling.ts";
import type { QueueContext, QueueResult } from "../settle-records.ts";
import { metricForwarder } from "./forward.ts";

const environment = readConsumerEnvironment(process.env, __dirname);
const opened = openFunction(environment);
const { connections, log } = opened;
const secrets = openSecrets(environment, opened, launchdarklySecret);
const { now, random } = clock;
const timeoutMs = environment.requestTimeoutMs;
const forward = metricForwarder({ connections, secrets, now, random, timeoutMs, version, log });

/** Records of an environment's metric-events queue: see README.md. */
export const handler = middy<SQSEvent, QueueResult, Error, QueueContext>()
  .use(injectLambdaContext(opened.logger))
  .use(logMetrics(opened.metrics))
  .use(httpSession())
  .use(openSettling(environment, opened, "metric-events"))
  .handler(({ Records }, invocation) => forward(Records, invocation));
