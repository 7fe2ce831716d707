import {
  type CloudFormationClient,
  DescribeStacksCommand,
  paginateDescribeStacks,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";

/** A resource of a stack: AWS's type, the id in the template, and what AWS calls the thing itself (a queue's URL, a table's name). */
export type StackResource = {
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
};

export type Stack = {
  /** For example `UPDATE_COMPLETE`. */
  readonly status: string;
  /** `arn:aws:cloudformation:{region}:{account}:stack/{name}/{id}` */
  readonly arn: string;
  readonly outputs: ReadonlyMap<string, string>;
  readonly resources: readonly StackResource[];
};

export type Stacks = {
  /** `undefined` when there is no stack of this name in the region. */
  readonly find: (name: string) => Promise<Stack | undefined>;
  readonly namesStartingWith: (prefix: string) => Promise<readonly string[]>;
};

export function createStacks(client: CloudFormationClient): Stacks {
  return {
    find: async (name) => {
      const described = await describe(client, name);
      if (!described) return undefined;
      const resources: StackResource[] = [];
      for await (const page of paginateListStackResources({ client }, { StackName: name }))
        for (const { ResourceType, LogicalResourceId, PhysicalResourceId } of page.StackResourceSummaries ??
          [])
          if (ResourceType && LogicalResourceId && PhysicalResourceId)
            resources.push({
              type: ResourceType,
              logicalId: LogicalResourceId,
              physicalId: PhysicalResourceId,
            });
      return { ...described, resources };
    },
    namesStartingWith: async (prefix) => {
      const names: string[] = [];
      for await (const page of paginateDescribeStacks({ client }, {}))
        for (const { StackName = "" } of page.Stacks ?? [])
          if (StackName.startsWith(prefix)) names.push(StackName);
      return names;
    },
  };
}

async function describe(
  client: CloudFormationClient,
  name: string,
): Promise<Omit<Stack, "resources"> | undefined> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks;
    if (!stack?.StackId) return undefined;
    const outputs = (stack.Outputs ?? []).flatMap(({ OutputKey, OutputValue }) =>
      OutputKey !== undefined && OutputValue !== undefined ? [[OutputKey, OutputValue] as const] : [],
    );
    return { status: stack.StackStatus ?? "UNKNOWN", arn: stack.StackId, outputs: new Map(outputs) };
  } catch (error) {
    // CloudFormation's answer for a stack that is not there; other faults of the request have other messages.
    const isMissing =
      error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message);
    if (isMissing) return undefined;
    throw error;
  }
}
