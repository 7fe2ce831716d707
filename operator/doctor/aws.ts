import { destinationQueues, queueNameOf } from "../../lib/connections/queues.ts";
import {
  type Bundle,
  FUNCTIONS,
  type FunctionName,
  functionNameOf,
  functionsOf,
  READERS,
} from "../bundle.ts";
import { withRight } from "./aws-right.ts";
import { type Check, type CheckLine, lineAbout, listed } from "./check.ts";

export type AwsPorts = {
  /** Rejects for a queue that is not there. */
  readonly countQueue: (url: string) => Promise<unknown>;
  readonly eventSources: {
    readonly of: (
      functionName: string,
    ) => Promise<
      readonly { readonly queueArn: string; readonly state: string; readonly maximumConcurrency?: number }[]
    >;
  };
  /** `ACTIVE` and others; undefined for a table that is not there. */
  readonly tableState: (table: string) => Promise<string | undefined>;
  /** Undefined where a function shares the account's. */
  readonly reservedConcurrency: (functionName: string) => Promise<number | undefined>;
  /** Undefined where there are no alarms: on the local stack. */
  readonly alarmActions:
    | ((namePrefix: string) => Promise<readonly { readonly name: string; readonly actions: number }[]>)
    | undefined;
};

type AwsBundle = Pick<Bundle, "connections" | "queues" | "tables" | "namePrefix">;

const DEPLOY = "Deploy it again with sls deploy.";

/** Is everything there that the bundle is made of, does it run, and is somebody told when it does not? */
export function awsChecks(bundle: AwsBundle, ports: AwsPorts): readonly Check[] {
  const check = (
    id: string,
    permission: string,
    look: (line: ReturnType<typeof lineAbout>) => Promise<CheckLine>,
  ): Check => {
    const line = lineAbout(id, "aws");
    return { title: id, line, run: async () => [await withRight(permission, line, () => look(line))] };
  };
  return [
    check("aws.queues", "sqs:GetQueueAttributes", (line) => queuesLine(line, bundle, ports)),
    check("aws.event-sources", "lambda:ListEventSourceMappings", (line) => sourcesLine(line, bundle, ports)),
    check("aws.tables", "dynamodb:DescribeTable", (line) => tablesLine(line, bundle, ports)),
    check("aws.concurrency", "lambda:GetFunctionConcurrency", (line) => concurrencyLine(line, bundle, ports)),
    check("aws.alarms", "cloudwatch:DescribeAlarms", (line) => alarmsLine(line, bundle, ports)),
  ];
}

type Line = ReturnType<typeof lineAbout>;

async function queuesLine(line: Line, bundle: AwsBundle, { countQueue }: AwsPorts): Promise<CheckLine> {
  const wanted = destinationQueues(bundle.connections);
  const missing = await Promise.all(
    wanted.map(async (queue) => {
      const found = bundle.queues.find(
        ({ kind, destination }) => kind === queue.kind && destination === queue.destination,
      );
      if (!found) return [`${bundle.namePrefix}${queueNameOf(queue)}`];
      const both = await Promise.all(
        [found, found.deadLetters].map(async ({ name, url }) =>
          (await isThere(url, countQueue)) ? [] : [name],
        ),
      );
      return both.flat();
    }),
  );
  const names = missing.flat();
  if (names.length > 0)
    return line.failed(`the connections need queues that are not there: ${listed(names)}`, DEPLOY);
  return line.ok(
    wanted.length === 1
      ? "the queue of the only destination is there, with its dead-letter queue"
      : `all ${wanted.length} queues are there, with their dead-letter queues`,
  );
}

async function isThere(url: string, countQueue: AwsPorts["countQueue"]): Promise<boolean> {
  try {
    await countQueue(url);
    return true;
  } catch (error) {
    if (error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name)) return false;
    throw error;
  }
}

async function sourcesLine(line: Line, bundle: AwsBundle, { eventSources }: AwsPorts): Promise<CheckLine> {
  const wanted = destinationQueues(bundle.connections);
  const states = await Promise.all(
    consumersOf(wanted).map(async (name) => {
      const sources = await eventSources.of(functionNameOf(bundle, name));
      return wanted
        .filter(({ kind }) => READERS[kind] === name)
        .map((queue) => {
          const queueName = queueNameOf(queue);
          const source = sources.find(({ queueArn }) =>
            queueArn.endsWith(`:${bundle.namePrefix}${queueName}`),
          );
          return { name, queueName, state: source?.state };
        });
    }),
  );
  const all = states.flat();
  const unread = all.filter(({ state }) => state === undefined);
  if (unread.length > 0)
    return line.failed(`no function reads ${listed(unread.map(({ queueName }) => queueName))}`, DEPLOY);
  const paused = all.filter(({ state }) => state === "Disabled" || state === "Disabling");
  if (paused.length > 0)
    return line.failed(
      `paused: ${listed([...new Set(paused.map(({ name, queueName }) => `${name} of ${queueName}`))])}; what waits is lost after 14 days`,
      `npx flagbridge resume ${[...new Set(paused.map(({ name }) => name))].join(" ")}`,
    );
  const changing = all.filter(({ state }) => state !== "Enabled");
  if (changing.length > 0)
    return line.warning(
      listed(changing.map(({ queueName, state }) => `${queueName} is ${state}`)),
      "Lambda is about to change it: run this again in a minute.",
    );
  return line.ok(`every queue is read: ${listed([...new Set(all.map(({ name }) => name))])}`);
}

function consumersOf(queues: ReturnType<typeof destinationQueues>): readonly FunctionName[] {
  return FUNCTIONS.filter((name) => queues.some(({ kind }) => READERS[kind] === name));
}

async function tablesLine(line: Line, { tables }: AwsBundle, { tableState }: AwsPorts): Promise<CheckLine> {
  const states = await Promise.all(
    Object.values(tables).map(async (table) => ({ table, state: await tableState(table) })),
  );
  const missing = states.filter(({ state }) => state === undefined);
  if (missing.length > 0)
    return line.failed(`tables that are not there: ${listed(missing.map(({ table }) => table))}`, DEPLOY);
  const other = states.filter(({ state }) => state !== "ACTIVE");
  if (other.length > 0)
    return line.warning(
      listed(other.map(({ table, state }) => `${table} is ${state}`)),
      "DynamoDB is about to change it: run this again in a minute.",
    );
  return line.ok(`the tables ${listed(Object.keys(tables))} are active`);
}

async function concurrencyLine(
  line: Line,
  bundle: AwsBundle,
  { reservedConcurrency, eventSources }: AwsPorts,
): Promise<CheckLine> {
  const functions = await Promise.all(
    functionsOf(bundle).map(async (name) => ({
      name,
      reserved: await reservedConcurrency(functionNameOf(bundle, name)),
    })),
  );
  const stopped = functions.filter(({ reserved }) => reserved === 0);
  if (stopped.length > 0)
    return line.failed(
      `${listed(stopped.map(({ name }) => name))}: no invocation is allowed (reserved concurrency 0)`,
      stopped
        .map(
          ({ name }) =>
            `aws lambda delete-function-concurrency --function-name ${functionNameOf(bundle, name)}`,
        )
        .join("; "),
    );
  const reserved = functions.flatMap(({ name, reserved: own }) => (own === undefined ? [] : [{ name, own }]));
  const consumers = reserved.filter(({ name }) =>
    consumersOf(destinationQueues(bundle.connections)).includes(name),
  );
  const tight = await Promise.all(
    consumers.map(async ({ name, own }) => {
      const sources = await eventSources.of(functionNameOf(bundle, name));
      const needed = sources.reduce((sum, { maximumConcurrency = 0 }) => sum + maximumConcurrency, 0);
      return needed > own ? [`${name} has ${own}, and its queues may use ${needed}`] : [];
    }),
  );
  const short = tight.flat();
  if (short.length > 0)
    return line.warning(
      `too little concurrency is reserved: ${listed(short)}`,
      "Raise consumerReservedConcurrency, or lower maximumConcurrency, and deploy: docs/deploy.md.",
    );
  return line.ok(
    reserved.length === 0
      ? "nothing is reserved: the functions share the account's concurrency"
      : `reserved: ${listed(reserved.map(({ name, own }) => `${own} for ${name}`))}`,
  );
}

async function alarmsLine(
  line: Line,
  { namePrefix }: AwsBundle,
  { alarmActions }: AwsPorts,
): Promise<CheckLine> {
  if (!alarmActions)
    return line.skipped(
      "the local stack has no alarms",
      "npx flagbridge doctor --stage <stage> looks at those of a deploy.",
    );
  const alarms = await alarmActions(namePrefix);
  if (alarms.length === 0) return line.warning("there are no alarms", DEPLOY);
  const silent = alarms.filter(({ actions }) => actions === 0);
  if (silent.length === 0) return line.ok(`${alarms.length} alarms, and each tells somebody`);
  return line.warning(
    silent.length === alarms.length
      ? `${alarms.length} alarms, and none tells anybody`
      : `${silent.length} of ${alarms.length} alarms tell nobody: ${listed(silent.map(({ name }) => name.slice(namePrefix.length)))}`,
    "Give the stage an SNS topic (alarmTopicArn) and deploy: docs/deploy.md, Alarms.",
  );
}
