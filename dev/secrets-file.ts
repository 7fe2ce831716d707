import { readFileSync, statSync } from "node:fs";
import { placeOfJsonFault } from "./json-fault.ts";

/** Name of a secret → its JSON content. */
export type Secrets = Readonly<Record<string, unknown>>;

export type SecretsReading =
  | { readonly ok: true; readonly secrets: Secrets }
  | { readonly ok: false; readonly problems: readonly string[] };

/** What the file holds now. A problem never quotes the file: it is full of secrets. */
export function readSecretsFile(path: string): SecretsReading {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return { ok: false, problems: [`the file cannot be read (${code})`] };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { ok: true, secrets: Object.fromEntries(Object.entries(value)) };
    }
  } catch {
    return {
      ok: false,
      problems: [`${placeOfJsonFault(text)}: the file is not JSON from here on; expected an object`],
    };
  }
  return { ok: false, problems: ["expected a JSON object: the name of each secret and its content"] };
}

export type SecretsFileConfig = {
  readonly path: string;
  /** What is wrong with these secrets; nothing when they will do. */
  readonly check: (secrets: Secrets) => readonly string[];
  readonly onProblem: (problem: string) => void;
};

/**
 * The secrets as they are in the file at the time of the call, so that a rotation needs no restart. While the file
 * is broken the last good ones stand, and the problem is told once per change of the file.
 */
export function watchSecretsFile(config: SecretsFileConfig, start: Secrets): () => Secrets {
  let secrets = start;
  let seen = stampOf(config.path);
  return () => {
    const stamp = stampOf(config.path);
    if (stamp === seen) return secrets;
    seen = stamp;
    const reading = readSecretsFile(config.path);
    const problems = reading.ok ? config.check(reading.secrets) : reading.problems;
    if (reading.ok && problems.length === 0) secrets = reading.secrets;
    else
      for (const problem of problems)
        config.onProblem(`${config.path}: ${problem}; the last good secrets stand`);
    return secrets;
  };
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return "absent";
  }
}

/** The secrets of a file, with what was put into some of them since: that is in memory, and the file stays as it is. */
export function withPuts(secrets: () => Secrets): {
  readonly secrets: () => Secrets;
  readonly put: (name: string, value: unknown) => void;
} {
  const given = new Map<string, unknown>();
  return {
    secrets: () => (given.size === 0 ? secrets() : { ...secrets(), ...Object.fromEntries(given) }),
    put: (name, value) => void given.set(name, value),
  };
}
