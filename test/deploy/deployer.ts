import { readFileSync } from "node:fs";
import * as z from "zod";
import type { Account } from "../../dev/emulated/deployment.ts";
import { documentedPolicies } from "../support/deployer-policy.ts";

/** The account's number on the page, and the emulator's. */
const ACCOUNTS = ["123456789012", "000000000000"] as const;

const accessKey = z.object({
  AccessKey: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string() }),
});

/** The user whose calls are those of whoever deploys. */
const NAME = "deployer";

/**
 * Makes a user of the account who may do what the policies of docs/deploy.md say and nothing else; gives the variables that make `sls` that
 * user.
 */
export async function createDeployer({
  aws,
  variables,
}: Pick<Account, "aws" | "variables">): Promise<Readonly<Record<string, string>>> {
  await aws(["iam", "create-user", "--user-name", NAME]);
  for (const [index, policy] of documentedPolicies().entries()) {
    const document = policy.replaceAll(...ACCOUNTS);
    const named = ["--user-name", NAME, "--policy-name", `deploy-${index}`, "--policy-document", document];
    await aws(["iam", "put-user-policy", ...named]);
  }
  const created = await aws(["iam", "create-access-key", "--user-name", NAME, "--output", "json"]);
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
  const refused = calls(callsFile).flatMap(({ principal, action, resource, allowed, reason }) =>
    allowed || MAY_BE_REFUSED.has(action) ? [] : [`${principal} ${action} on ${resource}: ${reason}`],
  );
  return [...new Set(refused)];
}

/** The actions that the emulator saw whoever deploys ask for, each once, sorted. */
export function deployersActions(callsFile: string): readonly string[] {
  const own = calls(callsFile).filter(({ principal }) => principal.endsWith(`:user/${NAME}`));
  return [...new Set(own.map(({ action }) => action).filter((action) => !MAY_BE_REFUSED.has(action)))].sort();
}

function calls(file: string): readonly z.output<typeof call>[] {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => call.parse(JSON.parse(line)));
}
