import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** The policies of docs/deploy.md for whoever deploys: what everybody needs, and what a parameter adds. */

const page = join(import.meta.dirname, "../../docs/deploy.md");
const HEADING = "## Rights of the deploying role";

const texts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const policy = z.object({
  Statement: z.array(
    z.object({ Sid: z.string(), Effect: z.literal("Allow"), Action: texts, Resource: texts }),
  ),
});
export type PolicyStatement = z.output<typeof policy>["Statement"][number];

/** As they stand on the page: the first is whole, the second has statements to add to it. */
export function documentedPolicies(): readonly [string, string] {
  const text = readFileSync(page, "utf8");
  const section = text.slice(text.indexOf(HEADING));
  const [whole, added] = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = ""]) => json);
  if (!text.includes(HEADING) || whole === undefined || added === undefined)
    throw new Error(
      `${page}: expected '${HEADING}' with a policy and one of what parameters add, both as json`,
    );
  return [whole, added];
}

export function statementsOf(json: string): readonly PolicyStatement[] {
  return policy.parse(JSON.parse(json)).Statement;
}

/** IAM's patterns, of actions and of ARNs: `*` is any text. */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

/**
 * What `sls` and the commands of docs/deploy.md call themselves, and the command that does. test/deploy/scenario.test.ts holds those of `sls`
 * against what it is seen to call.
 */
export const OWN_ACTIONS: Readonly<Record<string, string>> = {
  "cloudformation:CreateChangeSet": "deploy",
  "cloudformation:DeleteChangeSet": "deploy",
  "cloudformation:DeleteStack": "remove",
  "cloudformation:DescribeChangeSet": "deploy",
  "cloudformation:DescribeStackEvents": "deploy",
  "cloudformation:DescribeStackResource": "deploy",
  "cloudformation:DescribeStacks": "deploy",
  "cloudformation:ExecuteChangeSet": "deploy",
  "cloudformation:ListStackResources": "deploy",
  "cloudformation:ValidateTemplate": "deploy",
  "lambda:GetFunction": "deploy",
  "logs:DescribeLogStreams": "logs",
  "logs:FilterLogEvents": "logs",
  "s3:DeleteObject": "deploy",
  "s3:DeleteObjectVersion": "remove",
  "s3:GetObject": "deploy",
  "s3:ListBucket": "deploy",
  "s3:ListBucketVersions": "remove",
  "s3:PutObject": "deploy",
  "sqs:GetQueueAttributes": "deploy",
  "sts:GetCallerIdentity": "deploy",
};

/** The same, that the emulator does not ask for, with where AWS says that it does or who calls it. */
export const UNSEEN_ACTIONS: Readonly<Record<string, string>> = {
  "cloudformation:CreateStack": "aws cloudformation create-stack of docs/deploy.md, without Serverless",
  "cloudformation:TagResource":
    "the stack's tags: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html",
  "cloudformation:UntagResource": "the same, when a tag goes",
  "cloudformation:GetTemplateSummary": "aws cloudformation deploy of docs/deploy.md, without Serverless",
  "lambda:InvokeFunction": "sls invoke of docs/flag-changes.md",
  "secretsmanager:PutSecretValue": "aws secretsmanager put-secret-value of docs/deploy.md",
};
