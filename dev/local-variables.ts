import type { DeclaredFunction } from "./declared-functions.ts";
import type { StackAddresses } from "./local-function.ts";
import { nameInStage, SERVICE, STAGE } from "./names.ts";
import { StartProblem } from "./problem.ts";

type Value = (stack: StackAddresses) => string;

/** The tables that variables refer to, by their logical ids in infra/tables.yml. */
const TABLES: Readonly<Record<string, Value>> = {
  LedgerTable: (stack) => stack.ledgerTable,
  CursorsTable: (stack) => stack.cursorsTable,
  ReplaysTable: (stack) => stack.replaysTable,
};

/** The variables that differ from what a deploy would give them. Each is one of a function, or of all in serverless.yml. */
export const LOCAL_VALUES: Readonly<Record<string, Value>> = {
  SECRET_PREFIX: (stack) => stack.secretPrefix,
  QUEUE_URL_PREFIX: (stack) => stack.queueUrl(nameInStage("")),
  // Times are shorter, so that what a `kill -9` left in flight goes on after about a minute. A hold still outlasts a request and
  // the time in which an unanswered one may take effect: 2 + 15 s, and 3 s for the calls in between. hold.ts has other lengths.
  REQUEST_TIMEOUT_MS: () => "2000",
  HOLD_MS: () => "20000",
  LANDING_MS: () => "15000",
};

/**
 * Those of serverless.yml that no function here has. NODE_OPTIONS are for a process of Lambda's size: functions are threads of this
 * one, which take no options of a process, and function-environment.ts has their source maps.
 */
export const LEFT_OUT: readonly string[] = ["NODE_OPTIONS"];

/**
 * The variables of a function on this machine: those that are declared for it, what Lambda sets for every function, and where this
 * stack's emulators are.
 * @throws {StartProblem} that names every variable with a value that only CloudFormation would know.
 */
export function localVariables(
  { name, place, variables }: Pick<DeclaredFunction, "name" | "place" | "variables">,
  parameters: Readonly<Record<string, unknown>>,
): (stack: StackAddresses) => Readonly<Record<string, string>> {
  const values: [string, Value][] = [];
  const problems: string[] = [];
  for (const [variable, declared] of Object.entries(variables)) {
    if (LEFT_OUT.includes(variable)) continue;
    const value = LOCAL_VALUES[variable] ?? localValueOf(declared, parameters);
    if (value) values.push([variable, value]);
    else problems.push(unknownVariable(place, variable, declared));
  }
  if (problems.length > 0) throw new StartProblem(problems.join("\n"));
  return (stack) => ({
    ...Object.fromEntries(values.map(([variable, value]) => [variable, value(stack)])),
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_LAMBDA_FUNCTION_NAME: nameInStage(name),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_ENDPOINT_URL_SQS: stack.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManager,
    CONNECTIONS_FILE: stack.connectionsFile,
    TZ: "UTC",
  });
}

/** `undefined` for what is neither text nor a table. */
function localValueOf(declared: unknown, parameters: Readonly<Record<string, unknown>>): Value | undefined {
  if (typeof declared === "object" && declared !== null && "Ref" in declared) {
    return TABLES[String(declared.Ref)];
  }
  if (!["string", "number", "boolean"].includes(typeof declared)) return undefined;
  const known = new Map<string, unknown>([
    ["self:service", SERVICE],
    ["sls:stage", STAGE],
    ...Object.entries(parameters).map(([name, value]) => [`param:${name}`, value] as const),
  ]);
  const text = String(declared).replaceAll(/\$\{([^}]+)\}/g, (whole, from) =>
    String(known.get(from) ?? whole),
  );
  return text.includes("${") ? undefined : () => text;
}

function unknownVariable(place: string, variable: string, declared: unknown): string {
  return (
    `${place}: the local stack has no value for the variable ${variable}, which is ${JSON.stringify(declared)}: ` +
    `expected text, or a Ref to ${Object.keys(TABLES).join(", ")}. ` +
    "Give it a local value in dev/local-variables.ts."
  );
}
