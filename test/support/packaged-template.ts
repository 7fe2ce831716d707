import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Clone } from "./packaged-project.ts";

/** osls writes one alone without a list. */
const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const resource = z.object({
  Type: z.string(),
  DependsOn: z.union([z.array(z.string()), z.string()]).optional(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const template = z.object({
  Resources: z.record(z.string(), resource),
  Outputs: z.record(z.string(), z.object({ Description: z.string().optional(), Value: z.unknown() })),
});

export type Resource = z.output<typeof resource>;

/** What `sls package` would have CloudFormation create. */
export type Template = {
  /** Where it is written. */
  readonly path: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: z.output<typeof template>["Outputs"];
  /** Logical ids and resources of one type. */
  readonly ofType: (type: string) => readonly (readonly [string, Resource])[];
  /** The function of this name, as its folder has it. */
  readonly functionNamed: (name: string) => Resource;
  /** What the function's role allows, and what it denies of that all the same. */
  readonly statementsOf: (functionName: string) => readonly Statement[];
  readonly denialsOf: (functionName: string) => readonly Statement[];
};

export type Statement = { readonly Action: readonly string[]; readonly Resource: unknown };

/** `stage` is the one that was packaged. */
export function packagedTemplate({ directory }: Pick<Clone, "directory">, stage: string): Template {
  const path = join(directory, ".serverless/cloudformation-template-update-stack.json");
  const { Resources: resources, Outputs: outputs } = template.parse(JSON.parse(readFileSync(path, "utf8")));
  const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
  const functionNamed = (name: string) =>
    only(
      ofType("AWS::Lambda::Function").filter(
        ([, { Properties }]) => Properties.FunctionName === `flagbridge-${stage}-${name}`,
      ),
    );
  const policyOf = (name: string) => {
    const { Role } = z.object({ Role: attribute }).parse(functionNamed(name).Properties);
    const { Policies } = role.parse(resources[Role["Fn::GetAtt"][0]]?.Properties);
    return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  };
  return {
    path,
    resources,
    outputs,
    ofType,
    functionNamed,
    statementsOf: (name) => policyOf(name).filter(({ Effect }) => Effect === "Allow"),
    denialsOf: (name) => policyOf(name).filter(({ Effect }) => Effect === "Deny"),
  };
}

export function only(found: readonly (readonly [string, Resource])[]): Resource {
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`expected one resource, found ${found.length}`);
  return first[1];
}

/** A reference to the ARN of another resource of the template. */
export const attribute = z.object({ "Fn::GetAtt": z.tuple([z.string(), z.literal("Arn")]) });

/** A reference to another resource of the template: the URL of a queue, the name of a table. */
export const reference = z.object({ Ref: z.string() });

const role = z.object({
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.object({ Effect: z.enum(["Allow", "Deny"]), Action: oneOrMore, Resource: z.unknown() }),
        ),
      }),
    }),
  ),
});
