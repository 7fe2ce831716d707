import { randomUUID } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { buildFunctions } from "../../cli/build.ts";
import { startFunctionHost } from "../../dev/function-host.ts";
import { startSecretsManager } from "../../dev/secrets-manager.ts";
import { bundledConnections } from "../../lib/connections/bundled.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import { destinationQueues, queueNameOf } from "../../lib/connections/queues.ts";
import { type LocalQueue, startLocalQueue } from "./local-queue.ts";
import { startLocalTable } from "./local-table.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

/** The bundle of ingest as it deploys, invoked as API Gateway invokes it, with a real queue and a Secrets Manager. */
export type BuiltIngest = {
  readonly invoke: (request: HttpRequest) => Promise<HttpAnswer>;
  readonly queue: LocalQueue;
  /** What the function wrote, a line each. */
  readonly lines: readonly string[];
  readonly stop: () => Promise<void>;
};

export type HttpRequest = {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean;
};

export type HttpAnswer = z.output<typeof answerSchema>;

const answerSchema = z.strictObject({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/** A folder with the bundles, for any number of starts. */
export async function buildBundles(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  await buildFunctions({ outDir: folder.path });
  return folder;
}

export async function startBuiltIngest(options: {
  readonly bundles: TemporaryFolder;
  /** As in connections.yml. What is not right goes into the file as it is, as if somebody had put it there by hand. */
  readonly connections: unknown;
  /** Looked up by its own name, without the prefix, at every read. */
  readonly secrets: Readonly<Record<string, unknown>>;
}): Promise<BuiltIngest> {
  const checked = checkConnections(options.connections);
  const queue = await startLocalQueue(
    checked.ok ? destinationQueues(checked.connections).map(queueNameOf) : [],
  );
  const table = await startLocalTable();
  const secretsManager = await startSecretsManager({
    secrets: () => options.secrets,
    prefix: "flagbridge/test/",
  });
  const lines: string[] = [];
  const connectionsFile = `connections-${randomUUID()}.json`;
  const host = startFunctionHost({
    name: "ingest",
    file: join(options.bundles.path, "ingest.cjs"),
    timeoutMs: 10_000,
    memoryMb: 256,
    maxEnvironments: 1,
    onLine: (line) => lines.push(line),
    variables: {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_SQS: queue.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
      REPLAYS_TABLE: table.table,
      CONNECTIONS_FILE: await options.bundles.file(connectionsFile, packaged(options.connections)),
      SECRET_PREFIX: "flagbridge/test/",
      QUEUE_URL_PREFIX: `${queue.endpoint}/000000000000/`,
      POWERTOOLS_SERVICE_NAME: "ingest",
      POWERTOOLS_METRICS_NAMESPACE: "Flagbridge",
    },
  });
  return {
    queue,
    lines,
    invoke: async (request) => answerSchema.parse(await host.invoke(eventOf(request))),
    stop: async () => {
      await host.stop();
      await secretsManager.stop();
      await table.stop();
      await queue.stop();
    },
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function eventOf({
  method = "POST",
  path,
  headers = {},
  body,
  isBase64Encoded = false,
}: HttpRequest): object {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext: { http: { method, path }, requestId: randomUUID() },
    ...(body !== undefined && { body }),
    isBase64Encoded,
  };
}

function packaged(connections: unknown): string {
  const checked = checkConnections(connections);
  return checked.ok ? bundledConnections(checked.connections) : JSON.stringify(connections);
}
