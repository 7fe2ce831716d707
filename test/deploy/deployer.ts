import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Account } from "../../dev/emulated/deployment.ts";

const page = join(import.meta.dirname, "../../docs/deploy.md");
const HEADING = "## Rights of the deploying role";
/** The account's number on the page, and the emulator's. */
const ACCOUNTS = ["123456789012", "000000000000"] as const;

/** The policy that docs/deploy.md gives to paste, for the emulator's account. */
export function documentedPolicy(): string {
  const text = readFileSync(page, "utf8");
  const section = text.slice(text.indexOf(HEADING));
  const policy = /```json\n([\s\S]*?)```/.exec(section)?.[1];
  if (!text.includes(HEADING) || policy === undefined)
    throw new Error(`${page}: expected '${HEADING}' with a policy in a json block below it`);
  return policy.replaceAll(...ACCOUNTS);
}

const accessKey = z.object({
  AccessKey: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string() }),
});

/** Makes a user of the account who may do what this policy says and nothing else; gives the variables that make `sls` that user. */
export async function createDeployer(
  { aws, variables }: Pick<Account, "aws" | "variables">,
  policy: string,
): Promise<Readonly<Record<string, string>>> {
  await aws(["iam", "create-user", "--user-name", "deployer"]);
  const named = ["--user-name", "deployer", "--policy-name", "deploy", "--policy-document", policy];
  await aws(["iam", "put-user-policy", ...named]);
  const created = await aws(["iam", "create-access-key", "--user-name", "deployer", "--output", "json"]);
  const { AccessKey } = accessKey.parse(JSON.parse(created));
  return {
    ...variables,
    AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey,
  };
}

const call = z.object({
  principal: z.string(),
  action: z.string(),
  resource: z.string(),
  allowed: z.boolean(),
  reason: z.string(),
});

/** osls asks at `remove` whether the service has a repository of images, and takes a refusal for no. */
const MAY_BE_REFUSED = new Set(["ecr:DescribeRepositories"]);

/** The actions that the emulator saw somebody ask for and be refused, each with the resource. */
export function refusedCalls(callsFile: string): readonly string[] {
  const lines = readFileSync(callsFile, "utf8").trim().split("\n");
  const refused = lines
    .map((line) => call.parse(JSON.parse(line)))
    .flatMap(({ principal, action, resource, allowed, reason }) =>
      allowed || MAY_BE_REFUSED.has(action) ? [] : [`${principal} ${action} on ${resource}: ${reason}`],
    );
  return [...new Set(refused)];
}
