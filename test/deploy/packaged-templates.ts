import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REGION } from "../../dev/emulated/deployment.ts";
import { copyProject } from "../../dev/emulated/project.ts";

const root = join(import.meta.dirname, "../..");
const CONNECTIONS = {
  full: join(root, "connections.example.yml"),
  minimal: join(import.meta.dirname, "minimal-connections.yml"),
} as const;

export type PackagedTemplates = {
  /** The path of the template of each connections.yml. */
  readonly paths: Readonly<Record<keyof typeof CONNECTIONS, string>>;
  readonly remove: () => void;
};

/** Packages the project for `prod` once with every option of connections.yml, and once with the least there can be. */
export async function packageTemplates(): Promise<PackagedTemplates> {
  const parent = mkdtempSync(join(tmpdir(), "flagbridge-templates-"));
  const template = async (name: keyof typeof CONNECTIONS): Promise<string> => {
    const project = await copyProject({
      directory: join(parent, name),
      connections: readFileSync(CONNECTIONS[name], "utf8"),
      variables: { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", AWS_REGION: REGION },
      signal: new AbortController().signal,
    });
    await project.sls(["package", "--stage", "prod"]);
    return join(project.directory, ".serverless/cloudformation-template-update-stack.json");
  };
  return {
    paths: { full: await template("full"), minimal: await template("minimal") },
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}
