import { readFileSync } from "node:fs";
import { checkConnections } from "./load.ts";
import type { Connections } from "./schema.ts";

/**
 * The connections as the build checked and packaged them. Checked again, because what stands there may have been
 * put there by hand.
 *
 * @throws {ConnectionsError} naming every problem: the function must not start with half a configuration.
 */
export function readBundledConnections(path: string): Connections {
  const checked = checkConnections(readJson(path));
  if (checked.ok) return checked.connections;
  throw new ConnectionsError(path, checked.problems);
}

/** The configuration cannot be used. Thrown at the start of a function, where the operator sees it first. */
export class ConnectionsError extends Error {
  override readonly name = "ConnectionsError";
  readonly problems: readonly string[];

  constructor(path: string, problems: readonly string[], cause?: unknown) {
    super(`${path}: ${problems.join("\n")}`, { cause });
    this.problems = problems;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ConnectionsError(path, ["expected the JSON that the build writes: run npm run build"], error);
  }
}
