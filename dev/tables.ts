import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import * as z from "zod";
import { AwsCallError, callAws } from "./aws-call.ts";
import type { TablesWorkerMessage } from "./tables-worker.ts";

export type Tables = {
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
};

export type TablesConfig = {
  /** Their names; each has a partition key `pk` and a sort key `sk`, texts. */
  readonly tables: readonly string[];
  /** Where items are kept; in memory without it. */
  readonly directory?: string | undefined;
};

/**
 * DynamoDB on this machine: dynalite, with the tables of the bundle.
 *
 * In a thread of its own: dynalite throws when a caller hangs up in the middle of a request, which a function killed
 * for its timeout does, and there the throw can be caught without hiding any of ours. Items never expire by their TTL
 * attribute, because dynalite has no `UpdateTimeToLive`; on AWS they do.
 */
export async function startTables({ tables, directory }: TablesConfig): Promise<Tables> {
  const worker = new Worker(join(import.meta.dirname, "tables-worker.ts"), {
    workerData: { directory },
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const listening = await nextMessage(worker);
  if (listening.kind !== "listening") throw new Error("dynalite stopped before it listened");
  const endpoint = `http://127.0.0.1:${listening.port}`;
  for (const table of tables) {
    await createTable(endpoint, table);
    await untilActive(endpoint, table);
  }
  return {
    endpoint,
    stop: async () => {
      const stopped = Promise.race([nextMessage(worker), once(worker, "exit")]);
      worker.postMessage("stop");
      await stopped;
      await worker.terminate();
    },
  };
}

function nextMessage(worker: Worker): Promise<TablesWorkerMessage> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off("message", onMessage);
      worker.off("error", onError);
    };
    const onMessage = (message: TablesWorkerMessage): void => {
      settle();
      resolve(message);
    };
    const onError = (error: unknown): void => {
      settle();
      reject(error);
    };
    worker.on("message", onMessage);
    worker.on("error", onError);
  });
}

async function createTable(endpoint: string, name: string): Promise<void> {
  try {
    await callAws({
      endpoint,
      target: "DynamoDB_20120810.CreateTable",
      input: {
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      },
    });
  } catch (error) {
    // The table of an earlier run, with what it knows.
    if (!(error instanceof AwsCallError && error.type === "ResourceInUseException")) throw error;
  }
}

const ACTIVE_WITHIN_MS = 10_000;
const description = z.object({ Table: z.object({ TableStatus: z.string() }) });

/** A table that is still being created refuses every item, as on AWS: `CreateTable` is answered before it is there. */
async function untilActive(endpoint: string, name: string): Promise<void> {
  for (const until = Date.now() + ACTIVE_WITHIN_MS; Date.now() < until; await sleep(10)) {
    const target = "DynamoDB_20120810.DescribeTable";
    const answer = await callAws({ endpoint, target, input: { TableName: name } });
    if (description.parse(answer).Table.TableStatus === "ACTIVE") return;
  }
  throw new Error(
    `The table ${name} was not ready within ${ACTIVE_WITHIN_MS / 1_000} s. If the run that created it was cut short, remove the folder of the local stack and start again`,
  );
}
