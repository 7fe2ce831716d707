import { hash } from "node:crypto";
import { bundledConnections } from "../../lib/connections/bundled.ts";
import type { Bundle } from "../bundle.ts";
import { type Check, lineAbout } from "./check.ts";

/** Is what runs what this clone would deploy: the connections file, and the version? */
export function deployedCheck(
  { connections, connectionsFile, deployed }: Pick<Bundle, "connections" | "connectionsFile" | "deployed">,
  { version }: { readonly version: string },
): Check {
  const file = lineAbout("connections.deployed", "connections.yml");
  const release = lineAbout("stack.version", "stack");
  return {
    title: "connections.yml",
    line: file,
    run: async () => [
      deployed.connectionsDigest === undefined
        ? file.skipped(
            `nothing says which connections were deployed; those of ${connectionsFile} are checked here`,
            "A stage that was deployed by this version says it in its output ConnectionsDigest: deploy again.",
          )
        : deployed.connectionsDigest === hash("sha256", bundledConnections(connections))
          ? file.ok(`${connectionsFile} is what was deployed`)
          : file.failed(
              `${connectionsFile} differs from what was deployed`,
              "Deploy it with sls deploy, or name the file that was deployed with --connections.",
            ),
      deployed.version === undefined
        ? release.skipped(
            "nothing says which version was deployed",
            "A stage that was deployed by this version says it in its output Version: deploy again.",
          )
        : deployed.version === version
          ? release.ok(`version ${version} is deployed, which is this one`)
          : release.warning(
              `version ${deployed.version} is deployed, and this is ${version}`,
              "Use the clone that it was deployed from, or deploy this one.",
            ),
    ],
  };
}
