import * as z from "zod";
import { destinationQueues } from "../lib/connections/queues.ts";
import type { Connections } from "../lib/connections/schema.ts";
import { type Bundle, bundleQueue } from "./bundle.ts";
import { OperatorProblem } from "./problem.ts";

export const DEFAULT_URL = "http://localhost:3000";

const runningStack = z.object({
  stack: z.object({
    service: z.string(),
    stage: z.string(),
    url: z.string(),
    region: z.string(),
    accountId: z.string(),
    endpoints: z.object({
      sqs: z.string(),
      dynamodb: z.string(),
      secretsManager: z.string(),
      lambda: z.string(),
    }),
    connectionsFile: z.string(),
    connectionsSource: z.string().optional(),
  }),
});

/** Where the emulators of AWS's services are. */
export type LocalEndpoints = z.output<typeof runningStack>["stack"]["endpoints"];

/**
 * The stack that `npm start` runs, as its `GET /sandbox/functions` describes it.
 * @throws {OperatorProblem} when nothing answers there, or something else than a local stack of this version.
 */
export async function findLocalBundle(
  url: string,
  ports: {
    readonly get: (url: string) => Promise<unknown>;
    /** The connections, and the file that they are from. `file` is the stack's copy, made at its start of `source`. */
    readonly readConnections: (stacks: {
      readonly file: string;
      readonly source: string | undefined;
    }) => Promise<{ readonly connections: Connections; readonly file: string }>;
  },
): Promise<{ readonly bundle: Bundle; readonly endpoints: LocalEndpoints }> {
  const base = baseOf(url);
  const { stack } = await described(base, ports.get);
  const { connections, file } = await ports.readConnections({
    file: stack.connectionsFile,
    source: stack.connectionsSource,
  });
  const namePrefix = `${stack.service}-${stack.stage}-`;
  const given = {
    namePrefix,
    arnPrefix: `arn:aws:sqs:${stack.region}:${stack.accountId}:`,
    urlOf: (name: string) => `${stack.endpoints.sqs}/${stack.accountId}/${name}`,
  };
  const bundle = {
    where: { kind: "local", url: base, region: stack.region, accountId: stack.accountId },
    connections,
    connectionsFile: file,
    namePrefix,
    queues: destinationQueues(connections).map((queue) => bundleQueue(queue, given)),
    tables: {
      ledger: `${namePrefix}ledger`,
      cursors: `${namePrefix}cursors`,
      replays: `${namePrefix}replays`,
    },
    secretPrefix: `${stack.service}/${stack.stage}/`,
    deployed: { version: undefined, connectionsDigest: undefined },
  } satisfies Bundle;
  return { bundle, endpoints: stack.endpoints };
}

async function described(base: string, get: (url: string) => Promise<unknown>) {
  let answer: unknown;
  try {
    answer = await get(`${base}/sandbox/functions`);
  } catch (error) {
    if (error instanceof SyntaxError) throw notOurs(base);
    throw new OperatorProblem(
      `No local stack answers at ${base} (${error instanceof Error ? error.message : "no answer"}): start one with npm start, ` +
        "give the URL of yours with --url or FLAGBRIDGE_URL, or name a deployed stage with --stage.",
    );
  }
  const parsed = runningStack.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw notOurs(base);
}

/** What it answers is not quoted: it may be anybody's. */
function notOurs(base: string): OperatorProblem {
  return new OperatorProblem(
    `What answers at ${base} is not a local stack of this version: expected what GET /sandbox/functions of npm start ` +
      "says. Start the stack of this clone, or name another with --url.",
  );
}

/** @throws {OperatorProblem} for what is no URL of HTTP */
export function baseOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new OperatorProblem(`--url: expected a URL, as ${DEFAULT_URL}, found "${text}"`);
  // Messages name the URL, and so would a request of it.
  if (url.username !== "" || url.password !== "")
    throw new OperatorProblem(`--url: expected a URL without a user name and password, as ${DEFAULT_URL}`);
  return url.href.replace(/\/+$/, "");
}
