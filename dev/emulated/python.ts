import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { StartProblem } from "../problem.ts";

/** A Python that is new enough. */
export type Python = { readonly command: string; readonly version: string };

/** What MiniStack, cfn-lint and schemathesis start on. */
const OLDEST = { major: 3, minor: 10 } as const;

/** What PYTHON names, and nothing else; without it the names that an installation has. */
export function pythonCommands(named: string | undefined): readonly string[] {
  return named === undefined || named === "" ? ["python3", "python"] : [named];
}

/**
 * The first of these commands that is new enough. `who` needs it, for the message.
 * @throws {StartProblem} that says what there is in its place, and what to do.
 */
export async function findPython(commands: readonly string[], who = "The emulator of AWS"): Promise<Python> {
  const found = await Promise.all(
    commands.map(async (command) => ({ command, version: await versionOf(command) })),
  );
  for (const { command, version } of found) {
    if (version !== undefined && isNewEnough(version)) return { command, version };
  }
  const old = found.flatMap(({ command, version }) =>
    version === undefined ? [] : [`${command} is Python ${version}`],
  );
  const wanted = `Python ${OLDEST.major}.${OLDEST.minor} or newer`;
  const instead = old.length > 0 ? old.join(", ") : `there is no ${commands.join(" and no ")} that starts`;
  throw new StartProblem(
    `${who} needs ${wanted}, and ${instead}. Install one, or name it: PYTHON=/path/to/python3`,
  );
}

async function versionOf(command: string): Promise<string | undefined> {
  const program = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
  try {
    const { stdout } = await promisify(execFile)(command, ["-c", program]);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}
