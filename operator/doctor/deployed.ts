import { hash } from "node:crypto";
import { bundledConnections } from "../../lib/connections/bundled.ts";
import type { Bundle } from "../bundle.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";

/** Is what runs what this clone would deploy: the connections file, and the version? */
export function deployedCheck(
  bundle: Pick<Bundle, "connections" | "connectionsFile" | "deployed" | "where">,
  { version }: { readonly version: string },
): Check {
  const { connections, connectionsFile, deployed, where } = bundle;
  const file = lineAbout("connections.deployed", "connections.yml");
  const release = lineAbout("stack.version", "stack");
  const deploys =
    where.kind === "local"
      ? "npx flagbridge doctor --stage <stage> compares with what was deployed."
      : "Deploy again: since this version a stage says it in its outputs ConnectionsDigest and Version.";

  const fileLine = (): CheckLine => {
    const { connectionsDigest } = deployed;
    if (connectionsDigest === undefined)
      return file.skipped(
        where.kind === "local"
          ? `the stack runs with ${connectionsFile}: a local stack has no deploy to compare it with`
          : "nothing says which connections were deployed",
        deploys,
      );
    if (connectionsDigest === hash("sha256", bundledConnections(connections)))
      return file.ok(`${connectionsFile} is what was deployed`);
    return file.failed(
      `${connectionsFile} differs from what was deployed`,
      "Deploy it with sls deploy, or name the file that was deployed with --connections.",
    );
  };
  const versionLine = (): CheckLine => {
    if (deployed.version === undefined)
      return release.skipped(
        where.kind === "local"
          ? "a local stack runs from its clone: no version of it is deployed"
          : "nothing says which version was deployed",
        deploys,
      );
    if (deployed.version === version) return release.ok(`version ${version} is deployed, which is this one`);
    return release.warning(
      `version ${deployed.version} is deployed, and this is ${version}`,
      "Use the clone that it was deployed from, or deploy this one.",
    );
  };
  return { title: "connections.yml", line: file, run: async () => [fileLine(), versionLine()] };
}
