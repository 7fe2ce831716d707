import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import * as z from "zod";
import {
  ACCEPTED_BY_CDK_NAG,
  ACCEPTED_BY_CFN_LINT,
  compareFindings,
  type Finding,
} from "./accepted-findings.ts";
import { type PackagedTemplates, packageTemplates } from "./packaged-templates.ts";
import { virtualEnvironment } from "./virtual-environment.ts";

/** What an emulator cannot show of the template: what AWS's own rules say of it. */

let templates: PackagedTemplates;

beforeAll(async () => {
  templates = await packageTemplates();
});

afterAll(() => templates?.remove());

const lintFindings = z.array(
  z.object({
    Rule: z.object({ Id: z.string() }),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullable() }),
    Message: z.string(),
  }),
);

/** cfn-lint exits with a sum of what it found; what it cannot say in JSON it has not checked. */
async function lint(path: string): Promise<readonly Finding[]> {
  const { cfnLint } = virtualEnvironment();
  const { stdout } = await promisify(execFile)(cfnLint, ["--format", "json", path], {
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  return lintFindings.parse(JSON.parse(stdout)).map(({ Rule, Location, Message }) => ({
    rule: Rule.Id,
    resource: String(Location.Path?.[1] ?? ""),
    message: Message,
  }));
}

const nagFindings = z.array(z.object({ rule: z.string(), resource: z.string(), message: z.string() }));

async function nag(path: string): Promise<readonly Finding[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [inject("nagProgram"), path]);
  return nagFindings.parse(JSON.parse(stdout));
}

describe.each(["full", "minimal"] as const)("the template of the %s connections", (name) => {
  test("has no finding of cfn-lint but those that are accepted, and each of them", async () => {
    const findings = await lint(templates.paths[name]);
    expect(compareFindings(findings, ACCEPTED_BY_CFN_LINT)).toEqual({ notAccepted: [], notFound: [] });
  });

  test("has no finding of cdk-nag but those that are accepted, and each of them", async () => {
    const findings = await nag(templates.paths[name]);
    expect(compareFindings(findings, ACCEPTED_BY_CDK_NAG)).toEqual({ notAccepted: [], notFound: [] });
  });
});
