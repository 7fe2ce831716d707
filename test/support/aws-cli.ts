import { appendFileSync } from "node:fs";
import * as z from "zod";
import { callAws } from "../../dev/aws-call.ts";

/**
 * Stands for `aws` and `npx sls logs` in a shell that runs the documentation's commands against a local stack, on
 * machines that have neither an account nor AWS's command line. It knows what the documentation uses, and exits with 252
 * for anything else, as AWS's does for what it does not know. Commands of services that only AWS has are written to
 * `AWS_ALONE_FILE` and answer nothing.
 */

type Option = {
  readonly parameter: string;
  readonly read: (values: readonly string[]) => unknown;
};

const text = (parameter: string): Option => ({ parameter, read: ([value = ""]) => value });
const whole = (parameter: string): Option => ({ parameter, read: ([value]) => Number(value) });
const list = (parameter: string): Option => ({ parameter, read: (values) => values });
const json = (parameter: string): Option => ({ parameter, read: ([value = ""]) => JSON.parse(value) });

type Operation = { readonly target: string; readonly options: Readonly<Record<string, Option>> };
const QUEUE = { "--queue-url": text("QueueUrl") };

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "sqs get-queue-url": {
    target: "AmazonSQS.GetQueueUrl",
    options: { "--queue-name": text("QueueName") },
  },
  "sqs get-queue-attributes": {
    target: "AmazonSQS.GetQueueAttributes",
    options: { ...QUEUE, "--attribute-names": list("AttributeNames") },
  },
  "sqs receive-message": {
    target: "AmazonSQS.ReceiveMessage",
    options: {
      ...QUEUE,
      "--message-attribute-names": list("MessageAttributeNames"),
      "--max-number-of-messages": whole("MaxNumberOfMessages"),
      "--visibility-timeout": whole("VisibilityTimeout"),
    },
  },
  "sqs delete-message": {
    target: "AmazonSQS.DeleteMessage",
    options: { ...QUEUE, "--receipt-handle": text("ReceiptHandle") },
  },
  "sqs start-message-move-task": {
    target: "AmazonSQS.StartMessageMoveTask",
    options: { "--source-arn": text("SourceArn"), "--destination-arn": text("DestinationArn") },
  },
  "sqs list-message-move-tasks": {
    target: "AmazonSQS.ListMessageMoveTasks",
    options: { "--source-arn": text("SourceArn") },
  },
  "sqs purge-queue": { target: "AmazonSQS.PurgeQueue", options: QUEUE },
  "secretsmanager put-secret-value": {
    target: "secretsmanager.PutSecretValue",
    options: { "--secret-id": text("SecretId"), "--secret-string": text("SecretString") },
  },
  "dynamodb scan": {
    target: "DynamoDB_20120810.Scan",
    options: {
      "--table-name": text("TableName"),
      "--filter-expression": text("FilterExpression"),
      "--expression-attribute-names": json("ExpressionAttributeNames"),
      "--expression-attribute-values": json("ExpressionAttributeValues"),
    },
  },
  "dynamodb delete-item": {
    target: "DynamoDB_20120810.DeleteItem",
    options: { "--table-name": text("TableName"), "--key": json("Key") },
  },
};

const ENDPOINTS: Readonly<Record<string, string>> = {
  sqs: "AWS_ENDPOINT_URL_SQS",
  secretsmanager: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
  dynamodb: "AWS_ENDPOINT_URL_DYNAMODB",
};

/** What the local stack has no stand-in for. */
const AWS_ALONE = new Set([
  "logs tail",
  "sls info",
  "lambda list-event-source-mappings",
  "lambda get-account-settings",
  "cloudwatch get-metric-statistics",
  "events list-rules",
  "events enable-rule",
]);

const [program = "", ...words] = process.argv.slice(2);
try {
  process.stdout.write(program === "npx" ? await slsLogs(words) : await aws(words));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 252;
}

/** Whether it was one of those, which is then written down. */
function isAwsAlone(name: string): boolean {
  if (!AWS_ALONE.has(name)) return false;
  appendFileSync(variable("AWS_ALONE_FILE"), `${name}\n`);
  return true;
}

async function aws([service = "", operation = "", ...rest]: readonly string[]): Promise<string> {
  const name = `${service} ${operation}`;
  if (isAwsAlone(name)) return "";
  const known = OPERATIONS[name];
  if (!known) throw new Error(`aws: this stand-in does not know '${name}'`);
  const { "--query": query, "--output": output, ...given } = optionsOf(rest);
  const input = Object.fromEntries(
    Object.entries(given).map(([option, values]) => {
      const one = known.options[option];
      if (!one) throw new Error(`aws ${name}: this stand-in does not know ${option}`);
      return [one.parameter, one.read(values)];
    }),
  );
  const endpoint = variable(ENDPOINTS[service] ?? "");
  const answer = await callAws({ endpoint, target: known.target, input });
  return shown(query?.[0] === undefined ? answer : queried(answer, query[0]), output?.[0]);
}

/** `npx sls logs --stage local -f NAME --startTime 1h --filter PATTERN`: from the log that the local stack keeps. */
async function slsLogs([sls, logs, ...rest]: readonly string[]): Promise<string> {
  if (isAwsAlone(`${sls} ${logs}`)) return "";
  if (sls !== "sls" || logs !== "logs") throw new Error(`npx: this stand-in does not know '${sls} ${logs}'`);
  const {
    "--stage": stage,
    "-f": name,
    "--startTime": since,
    "--filter": filter,
    ...others
  } = optionsOf(rest);
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new Error(`sls logs: this stand-in does not know ${unknown.join(", ")}`);
  if (stage?.[0] !== "local" || !/^\d+[mh]$/.test(since?.[0] ?? ""))
    throw new Error("sls logs: expected --stage local and a --startTime such as 1h");
  const query = new URLSearchParams({ filter: filter?.[0] ?? "" });
  const answer = await fetch(`${variable("FLAGBRIDGE_URL")}/sandbox/functions/${name?.[0]}/log?${query}`);
  if (answer.status !== 200) throw new Error(await answer.text());
  return answer.text();
}

function optionsOf(words: readonly string[]): Record<string, string[]> {
  const options: Record<string, string[]> = {};
  let values: string[] | undefined;
  for (const word of words) {
    if (/^--?[a-zA-Z]/.test(word)) options[word] = values = [];
    else if (values) values.push(word);
    else throw new Error(`expected an option, got '${word}'`);
  }
  return options;
}

/** As much of JMESPath as the documentation uses: `a.b`, and `list[].{name: a.b, …}`. */
function queried(answer: unknown, query: string): unknown {
  const [, listName = "", members = ""] = /^(\w+)\[\]\.\{(.*)\}$/.exec(query) ?? [];
  if (listName === "") {
    if (!/^\w+(\.\w+)*$/.test(query)) throw new Error(`aws: this stand-in does not know --query '${query}'`);
    return memberAt(answer, query);
  }
  const pairs = members.split(",").map((pair) => pair.split(":").map((part) => part.trim()));
  const found = z.array(z.unknown()).parse(memberOf(answer, listName) ?? []);
  return found.map((one) =>
    Object.fromEntries(pairs.map(([name = "", member = ""]) => [name, memberAt(one, member)])),
  );
}

function memberAt(value: unknown, path: string): unknown {
  return path.split(".").reduce(memberOf, value);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function shown(answer: unknown, output: string | undefined): string {
  if (output !== "text") return `${JSON.stringify(answer, null, 4) ?? ""}\n`;
  const [only] = typeof answer === "object" && answer !== null ? Object.values(answer) : [answer];
  return `${only}\n`;
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`expected the variable ${name}`);
  return value;
}
