import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundledConnections } from "../lib/connections/bundled.ts";
import { DEAD_LETTERS } from "../lib/connections/queues.ts";
import type { Connections } from "../lib/connections/schema.ts";
import { type ConsoleDoor, consoleDoor } from "./console-door.ts";
import { openDataDir } from "./data-dir.ts";
import { type EventSourceMapping, startMappings } from "./event-source-mappings.ts";
import { answerUnavailable, frontDoor } from "./front-door.ts";
import { apiFunction, startHosts, warm } from "./function-hosts.ts";
import { createFunctionLines } from "./function-lines.ts";
import { httpApi } from "./http-api.ts";
import { LAMBDA_PATH, lambdaRoutes } from "./lambda-api.ts";
import { listenOnLoopback } from "./listen.ts";
import type { LocalFunction, StackAddresses } from "./local-function.ts";
import { ACCOUNT, CURSORS_TABLE, LEDGER_TABLE, REGION, REPLAYS_TABLE, SERVICE, STAGE } from "./names.ts";
import { openPausedQueues } from "./paused-queues.ts";
import { StartProblem } from "./problem.ts";
import { startQueues } from "./queues.ts";
import { functionRoutes } from "./sandbox/functions.ts";
import { openSandbox } from "./sandbox/open-sandbox.ts";
import { queueRoutes } from "./sandbox/queues.ts";
import { requestRoutes } from "./sandbox/requests.ts";
import { sandboxServer } from "./sandbox/route.ts";
import { withOwnSandbox } from "./sandbox-connections.ts";
import { startSchedule } from "./schedule.ts";
import { type Secrets, withPuts } from "./secrets-file.ts";
import { startSecretsManager } from "./secrets-manager.ts";
import { startTables } from "./tables.ts";
import { createTraffic } from "./traffic.ts";

export type StackOptions = {
  /** 0 takes a free one. */
  readonly port: number;
  readonly connections: Connections;
  /** The file that the connections were read from, for those who ask the stack; absent when there is none. */
  readonly connectionsSource?: string | undefined;
  /** As they are now: asked again and again, so that a rotation is seen. */
  readonly secrets: () => Secrets;
  readonly batchWindowSeconds: number;
  /** Where state is kept; in memory without it. */
  readonly dataDir?: string | undefined;
  /** The functions, their bundles built to `directory` or wherever they say. */
  readonly functions: (directory: string) => Promise<readonly LocalFunction[]>;
  /** A line of a function's log, as it wrote it. */
  readonly onFunctionLine: (functionName: string, line: string) => void;
  readonly onProblem: (problem: string) => void;
};

export type Stack = {
  /** For example `http://localhost:3000`. */
  readonly url: string;
  readonly console: Pick<ConsoleDoor, "url" | "prepare">;
  /** Where AWS's side is, by the variable that tells it to an AWS client. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Takes no more requests, finishes what is in flight or kills it after 8 s, and frees everything. */
  readonly stop: () => Promise<void>;
};

const SECRET_PREFIX = `${SERVICE}/${STAGE}/`;
/** AWS's advice for a queue that a function reads: six times the function's timeout, and the batching window. */
const VISIBILITY_TIMEOUTS = 6;
const DRAIN_LIMIT_MS = 8_000;

/**
 * Starts the whole bundle on this machine and resolves when every part answers.
 * @throws {StartProblem} for what the caller can put right: the port, the data directory, a function that does not start.
 */
export async function startStack(given: StackOptions): Promise<Stack> {
  const { secrets, put } = withPuts(given.secrets);
  const options = { ...given, secrets };
  const cleanups: (() => Promise<void> | void)[] = [];
  const cleanUp = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const dataDir = openDataDir(options.dataDir);
    cleanups.push(dataDir.close);
    const paused = openPausedQueues(dataDir.pausedQueues);
    const sandbox = openSandbox({
      dataDir,
      connections: options.connections,
      secrets,
      url: () => `http://127.0.0.1:${port}`,
    });
    cleanups.push(sandbox.close);
    const server = createServer(answerUnavailable);
    const port = await listen(server, options.port);
    cleanups.push(() => close(server));

    const built = join(dataDir.work, "functions");
    mkdirSync(built);
    const functions = await options.functions(built);
    const connections = withOwnSandbox(options.connections, port);
    const connectionsFile = join(dataDir.work, "connections.json");
    writeFileSync(connectionsFile, bundledConnections(connections));

    const keep = async <Part extends { stop: () => Promise<void> }>(
      starting: Promise<Part>,
    ): Promise<Part> => {
      const part = await starting;
      cleanups.push(part.stop);
      return part;
    };
    const traffic = createTraffic();
    const definitions = queueDefinitions(functions, options.batchWindowSeconds);
    const [queues, tables, secretsManager] = await Promise.all([
      keep(startQueues({ definitions, directory: dataDir.queues, onSend: traffic.noteQueued })),
      keep(startTables({ tables: [LEDGER_TABLE, CURSORS_TABLE, REPLAYS_TABLE], directory: dataDir.tables })),
      keep(
        startSecretsManager({
          secrets: options.secrets,
          put,
          prefix: SECRET_PREFIX,
        }),
      ),
    ]);
    for (const { name, messages } of queues.leftOver)
      options.onProblem(
        `${name} has ${messages} messages of a destination that connections.yml no longer has: put it back to have them delivered.`,
      );
    const addresses: StackAddresses = {
      sqs: queues.endpoint,
      dynamodb: tables.endpoint,
      secretsManager: secretsManager.endpoint,
      queueUrl: queues.url,
      ledgerTable: LEDGER_TABLE,
      cursorsTable: CURSORS_TABLE,
      replaysTable: REPLAYS_TABLE,
      secretPrefix: SECRET_PREFIX,
      connectionsFile,
    };
    const url = `http://localhost:${port}`;
    const lambdaEndpoint = `http://127.0.0.1:${port}${LAMBDA_PATH}`;
    const lines = createFunctionLines();
    const hosts = startHosts(functions, addresses, (name, line) => {
      lines.add(name, line);
      traffic.noteLine(name, line);
      options.onFunctionLine(name, line);
    });
    for (const host of hosts.values()) cleanups.push(host.stop);

    const console = consoleDoor({ url, port });
    cleanups.push(console.stop);
    let mappings: readonly EventSourceMapping[] = [];
    const door = frontDoor({
      api: httpApi({ invoke: apiFunction(functions, hosts), onAnswered: traffic.noteExchange }),
      sandbox: sandboxServer([
        ...sandbox.routes,
        ...queueRoutes(queues.counts),
        ...requestRoutes(traffic),
        ...functionRoutes({
          functions,
          addresses,
          hosts,
          lines,
          stack: {
            service: SERVICE,
            stage: STAGE,
            url,
            region: REGION,
            accountId: ACCOUNT,
            endpoints: {
              sqs: queues.endpoint,
              dynamodb: tables.endpoint,
              secretsManager: secretsManager.endpoint,
              lambda: lambdaEndpoint,
            },
            connectionsFile: resolve(connectionsFile),
            ...(options.connectionsSource && { connectionsSource: resolve(options.connectionsSource) }),
          },
        }),
        ...lambdaRoutes({ functions, hosts, addresses, startedAt: new Date(), mappings: () => mappings }),
      ]),
      console: console.listener,
      onProblem: options.onProblem,
    });
    server.off("request", answerUnavailable).on("request", door.listener);
    await warm(hosts);

    mappings = startMappings({
      functions,
      hosts,
      queues,
      paused,
      batchWindowSeconds: options.batchWindowSeconds,
      now: Date.now,
      onProblem: options.onProblem,
    });
    const schedules = functions.flatMap(({ name, trigger }) => {
      const host = hosts.get(name);
      return trigger.kind === "schedule" && host ? [startSchedule({ ...trigger, invoke: host.invoke })] : [];
    });
    door.open();

    const drain = async (): Promise<void> => {
      await door.drain();
      await Promise.all([...schedules, ...mappings].map((source) => source.stop()));
    };
    return {
      url,
      console,
      endpoints: {
        AWS_ENDPOINT_URL_SQS: queues.endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
        AWS_ENDPOINT_URL_LAMBDA: lambdaEndpoint,
      },
      stop: async () => {
        await Promise.race([drain(), sleep(DRAIN_LIMIT_MS, undefined, { ref: false })]);
        await cleanUp();
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    return await listenOnLoopback(server, port);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw new StartProblem(
        `Port ${port} is in use. Stop the program that has it, or choose another with --port.`,
      );
    }
    throw new StartProblem(`Port ${port} cannot be used: ${error instanceof Error ? error.message : error}`);
  }
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

function queueDefinitions(functions: readonly LocalFunction[], windowSeconds: number) {
  return functions.flatMap(({ trigger, timeoutMs }) => {
    if (trigger.kind !== "queue") return [];
    const visibilityTimeoutSeconds = Math.ceil((VISIBILITY_TIMEOUTS * timeoutMs) / 1000 + windowSeconds);
    return trigger.queues.map((name) => ({
      name,
      deadLetters: `${name}${DEAD_LETTERS}`,
      visibilityTimeoutSeconds,
    }));
  });
}
