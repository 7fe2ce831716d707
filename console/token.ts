import { createHmac, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

/**
 * The token of the local stack on one port, the same after a restart, so that a page that is open goes on. It is made of a secret in
 * `directory`, which its owner alone can read; where there can be none, it is a new one each time.
 */
export function keptToken(directory: string, port: number): string {
  const secret = keptSecret(directory);
  if (secret === undefined) return newToken();
  return createHmac("sha256", secret)
    .update(`console ${port}`)
    .digest()
    .subarray(0, 24)
    .toString("base64url");
}

function keptSecret(directory: string): string | undefined {
  const file = join(directory, "console-secret");
  try {
    mkdirSync(directory, { recursive: true });
    // Of two stacks that start at the same time for the first time, the second takes what the first has written.
    writeFileSync(file, newToken(), { mode: 0o600, flag: "wx" });
  } catch {
    // It is there already, or the folder cannot be written.
  }
  try {
    const secret = readFileSync(file, "utf8");
    chmodSync(file, 0o600);
    return /^[\w-]{32}$/.test(secret) ? secret : undefined;
  } catch {
    return undefined;
  }
}
