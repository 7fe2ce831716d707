import type { Command } from "commander";
import { otherVersion } from "../operator/other-version.ts";
import type { Target } from "../operator/target.ts";
import packageJson from "../package.json" with { type: "json" };
import { note } from "./terminal.ts";

export type TargetFlags = {
  readonly stage?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly url?: string;
  readonly connections?: string;
  readonly json?: true;
};

/** The options that every command has which works on a bundle. */
export function withTargetOptions(command: Command): Command {
  return command
    .option("--stage <stage>", "a deployed stage; without it the local stack of npm start")
    .option("--region <region>", "AWS region of the stage (AWS_REGION, us-east-1)")
    .option("--profile <profile>", "AWS profile of your credentials")
    .option("--url <url>", "the local stack (FLAGBRIDGE_URL, http://localhost:3000); of a stage its API")
    .option(
      "--connections <file>",
      "the connections file (connections.yml; on the local stack the one it runs)",
    )
    .option("--json", "one JSON document on stdout, and nothing else there");
}

/** Opens what the options name. Loaded only now: no help has to wait for the AWS SDK. */
export async function targetOf(flags: TargetFlags): Promise<Target> {
  const { openTarget } = await import("../operator/target.ts");
  const { stage, region, profile, url, connections } = flags;
  const target = await openTarget({ stage, region, profile, url, connections, environment: process.env });
  const difference = otherVersion(target, packageJson.version);
  if (difference !== undefined) note(difference);
  return target;
}

/** Before a command changes something of a stage, it says where. */
export function announce({ where }: Pick<Target, "where">): void {
  if (where.kind === "stage")
    note(`account ${where.accountId}, region ${where.region}, stage ${where.stage}`);
}
