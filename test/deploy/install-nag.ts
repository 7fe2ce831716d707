import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const FILES = ["package.json", "package-lock.json", "findings.cjs"] as const;

/**
 * Installs cdk-nag into a folder in `parent`, or finds the one of an earlier run; gives the path of the program that
 * prints what it finds in a template. @throws what npm wrote, when it cannot.
 */
export async function installNag(parent: string): Promise<string> {
  const text = FILES.map((file) => readFileSync(join(import.meta.dirname, "nag", file), "utf8")).join("");
  const directory = join(parent, `nag-${hash("sha256", text).slice(0, 12)}`);
  const program = join(directory, "findings.cjs");
  if (existsSync(join(directory, "complete"))) return program;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const file of FILES) cpSync(join(import.meta.dirname, "nag", file), join(directory, file));
  await promisify(execFile)("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: directory });
  writeFileSync(join(directory, "complete"), "");
  return program;
}
