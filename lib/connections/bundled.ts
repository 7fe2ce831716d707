import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Json } from "../json.ts";
import type { Connections } from "./schema.ts";

/**
 * The connections as they are packaged: checked, with every default filled in, and sealed by a digest. Loading the
 * schema and checking again would take a function longer than the rest of its start (docs/adr/0006).
 */
export function bundledConnections(connections: Connections): string {
  return JSON.stringify({ ...connections, sealed: sealOf(connections) });
}

/**
 * Reads the connections of {@link bundledConnections}. It refuses a file that was changed since: nobody has checked it.
 *
 * @throws {ConnectionsError} when the seal does not match: a function must not start with an unchecked configuration.
 */
export function readBundledConnections(path: string): Connections {
  const { sealed, ...connections } = readJson(path);
  if (isSealed(connections, sealed)) return connections;
  throw new ConnectionsError(
    path,
    "expected what the build wrote, found something else: change connections.yml and run npm run build",
  );
}

/** Only `bundledConnections` writes seals, and it takes nothing but checked connections. */
function isSealed(connections: Json, sealed: unknown): connections is Connections {
  return sealed === sealOf(connections);
}

/** JSON keeps the order of members, so packaging and reading produce the same text. */
function sealOf(connections: object): string {
  return hash("sha256", JSON.stringify(connections));
}

/** The configuration cannot be used. Thrown at the start of a function, where the operator sees it first. */
export class ConnectionsError extends Error {
  override readonly name = "ConnectionsError";

  constructor(path: string, problem: string, cause?: unknown) {
    super(`${path}: ${problem}`, { cause });
  }
}

function readJson(path: string): Json {
  try {
    const file: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof file === "object" && file !== null ? { ...file } : {};
  } catch (error) {
    throw new ConnectionsError(path, "expected the JSON that the build writes: run npm run build", error);
  }
}
