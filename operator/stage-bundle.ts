import { DEAD_LETTERS, type DestinationQueue, queueNamed } from "../lib/connections/queues.ts";
import type { Connections } from "../lib/connections/schema.ts";
import { type Bundle, type BundleQueue, bundleQueue } from "./bundle.ts";
import { OperatorProblem } from "./problem.ts";

/** What is read of a CloudFormation stack. */
export type DeployedStack = {
  readonly status: string;
  readonly arn: string;
  readonly outputs: ReadonlyMap<string, string>;
  readonly resources: readonly {
    readonly type: string;
    readonly logicalId: string;
    readonly physicalId: string;
  }[];
};

export type StackCalls = {
  readonly find: (name: string) => Promise<DeployedStack | undefined>;
  readonly namesStartingWith: (prefix: string) => Promise<readonly string[]>;
};

const SERVICE = "flagbridge";

/**
 * The bundle that `sls deploy --stage` made, as CloudFormation describes it.
 * @throws {OperatorProblem} when there is no such stack, or when it is not a Flagbridge that this version can work with.
 */
export async function findStageBundle(
  { stage, region }: { readonly stage: string; readonly region: string },
  ports: {
    readonly stacks: StackCalls;
    readonly readConnections: () => Promise<{ readonly connections: Connections; readonly file: string }>;
  },
): Promise<Bundle> {
  const name = `${SERVICE}-${stage}`;
  const stack = await ports.stacks.find(name);
  if (!stack) throw new OperatorProblem(await unknownStage(stage, region, ports.stacks));
  const { connections, file } = await ports.readConnections();
  const namePrefix = `${name}-`;
  const [, partition = "aws", , , accountId = ""] = stack.arn.split(":");
  const tableOf = (logicalId: string): string => physicalIdOf(stack, logicalId, name);
  return {
    where: { kind: "stage", stage, region, accountId, url: urlOf(stack, name) },
    connections,
    connectionsFile: file,
    namePrefix,
    queues: queuesOf(stack, { namePrefix, arnPrefix: `arn:${partition}:sqs:${region}:${accountId}:` }),
    tables: {
      ledger: tableOf("LedgerTable"),
      cursors: tableOf("CursorsTable"),
      replays: tableOf("ReplaysTable"),
    },
    secretPrefix: `${SERVICE}/${stage}/`,
    deployed: {
      version: stack.outputs.get("Version"),
      connectionsDigest: stack.outputs.get("ConnectionsDigest"),
    },
  };
}

/** The queues that there are, and not those that connections.yml would have: a deploy may be behind the file. */
function queuesOf(
  { resources }: DeployedStack,
  names: { readonly namePrefix: string; readonly arnPrefix: string },
): readonly BundleQueue[] {
  const urls = new Map(
    resources
      .filter(({ type }) => type === "AWS::SQS::Queue")
      .map(({ physicalId }) => [physicalId.slice(physicalId.lastIndexOf("/") + 1), physicalId]),
  );
  return [...urls.keys()].flatMap((name) => {
    const queue = destinationQueueOf(name, names.namePrefix);
    return queue ? [bundleQueue(queue, { ...names, urlOf: (one) => urls.get(one) ?? "" })] : [];
  });
}

function destinationQueueOf(name: string, namePrefix: string): DestinationQueue | undefined {
  if (!name.startsWith(namePrefix) || name.endsWith(DEAD_LETTERS)) return undefined;
  return queueNamed(name.slice(namePrefix.length));
}

function physicalIdOf({ resources }: DeployedStack, logicalId: string, stackName: string): string {
  const found = resources.find((resource) => resource.logicalId === logicalId);
  if (found) return found.physicalId;
  throw new OperatorProblem(
    `The stack ${stackName} has no ${logicalId}: it was deployed by another version than this one, or its deploy is not ` +
      "done. Use the clone that it was deployed from, or deploy again.",
  );
}

function urlOf(stack: DeployedStack, stackName: string): string {
  const url = stack.outputs.get("HttpApiUrl");
  if (url !== undefined) return url.replace(/\/+$/, "");
  throw new OperatorProblem(
    `The stack ${stackName} has no output HttpApiUrl (its status is ${stack.status}): expected a finished deploy of Flagbridge.`,
  );
}

async function unknownStage(stage: string, region: string, stacks: StackCalls): Promise<string> {
  const prefix = `${SERVICE}-`;
  const names = await stacks.namesStartingWith(prefix);
  const stages = names.map((name) => name.slice(prefix.length));
  const those =
    stages.length > 0
      ? `The stages there: ${stages.join(", ")}.`
      : "There is none in this region; --region and --profile say where else to look.";
  return `There is no stack ${prefix}${stage} in ${region}. ${those}`;
}
