import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { callAws } from "../../dev/aws-call.ts";
import { startStackProcess } from "../support/stack-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { connectionsFile, type Secrets, secretsFile } from "./feeds.ts";

/** The stack of a run: it keeps its address and its state whatever is done to it. */
export type Site = {
  readonly url: string;
  readonly get: <Shape>(path: string, schema: z.ZodType<Shape>) => Promise<Shape>;
  readonly post: (path: string, body?: unknown) => Promise<unknown>;
  readonly clearFaults: () => Promise<void>;
  readonly sqs: (operation: string, queue: string, input: object) => Promise<unknown>;
  /** `kill -9`, and the same again on the same port and data. Resolves when it is ready. */
  readonly killAndRestart: () => Promise<void>;
  /** LaunchDarkly's token is another from now on, on both sides. */
  readonly rotateToken: () => void;
  /** All that it has written, whichever process it was. */
  readonly output: () => string;
  /** Asks it to stop and gives its exit code. */
  readonly stop: () => Promise<number | null>;
  readonly remove: () => Promise<void>;
};

export async function startSite(secrets: Secrets, holdSeconds: number): Promise<Site> {
  const folder = await temporaryFolder();
  const connections = await folder.file("connections.yml", connectionsFile());
  const secretsPath = await folder.file("secrets.json", secretsFile(secrets, 0));
  const start = (port: string) =>
    startStackProcess([
      ...["--port", port, "--connections", connections, "--secrets", secretsPath],
      ...["--data-dir", join(folder.path, "data"), "--batch-window", "0.5"],
      ...["--hold", String(holdSeconds), "--log", "json"],
    ]);
  let stack = await start("0");
  const { url } = stack;
  let rotation = 0;
  let written = "";
  const call = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    url,
    get: async (path, schema) => schema.parse(await call(path)),
    post: (path, body) => call(path, { method: "POST", body: JSON.stringify(body) ?? "" }),
    clearFaults: async () => void (await call("/sandbox/launchdarkly/faults", { method: "DELETE" })),
    sqs: (operation, queue, input) => {
      const endpoint = /^AWS_ENDPOINT_URL_SQS=(\S+)$/m.exec(stack.stderr())?.[1];
      if (endpoint === undefined) throw new Error("the stack has not named its SQS endpoint");
      const QueueUrl = `${endpoint}/000000000000/${queue}`;
      return callAws({ endpoint, target: `AmazonSQS.${operation}`, input: { QueueUrl, ...input } });
    },
    killAndRestart: async () => {
      await stack.kill9();
      written += stack.stdout() + stack.stderr();
      stack = await start(new URL(url).port);
    },
    rotateToken: () => {
      rotation += 1;
      // Whole or not at all: the stack may read it at any moment.
      writeFileSync(`${secretsPath}.new`, secretsFile(secrets, rotation));
      renameSync(`${secretsPath}.new`, secretsPath);
    },
    output: () => written + stack.stdout() + stack.stderr(),
    stop: () => stack.stop(),
    remove: () => folder.remove(),
  };
}

const queueCounts = z.object({
  queues: z.array(
    z.object({ name: z.string(), waiting: z.number(), inFlight: z.number(), deadLetters: z.number() }),
  ),
});

export async function queuesOf(site: Site) {
  return (await site.get("/sandbox/queues", queueCounts)).queues;
}
