import type { TemporaryFolder } from "./temporary-folder.ts";

/** The sandbox of the stack itself, at whatever port it is: dev/README.md. */
export const SANDBOX = "http://localhost:3000/sandbox";

/** An environment's `instance` in connections.yml. */
export const SANDBOX_INSTANCE = `{ api: ${SANDBOX}/launchdarkly, events: ${SANDBOX}/launchdarkly }`;

/** Writes the two files that a stack starts with, and gives the options that name them. */
export async function stackFiles(
  folder: TemporaryFolder,
  { connections, secrets }: { readonly connections: string; readonly secrets: object },
): Promise<readonly string[]> {
  return [
    ...["--connections", await folder.file("connections.yml", connections)],
    ...["--secrets", await folder.file("secrets.json", JSON.stringify(secrets))],
  ];
}
