import { nearest } from "./nearest.ts";
import { type Problem, pathOf } from "./problems.ts";
import { optionsIn } from "./section.ts";

export type Corrected = {
  /** The value with the names that were meant. */
  readonly value: unknown;
  /** One for each name that was corrected. */
  readonly problems: readonly Problem[];
  /** A path in the corrected value, as it is in the file. */
  readonly asWritten: (path: readonly PropertyKey[]) => readonly PropertyKey[];
};

type Names = Map<string, string>;

/**
 * Takes a misspelt option for the one that was meant, if that is absent. Otherwise one wrong letter is many faults: the
 * right option would be missing, and what refers to it would lead nowhere.
 */
export function correctNames(value: unknown, problemsOf: (value: unknown) => readonly Problem[]): Corrected {
  const written: Names = new Map();
  const problems: Problem[] = [];
  let corrected = value;
  // What is in a mapping is seen only when its name is right: a round for each level.
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const { path, message } of problemsOf(corrected)) {
      const options = optionsIn(message);
      const parent = path.slice(0, -1);
      const name = String(path.at(-1));
      const present = membersOf(valueAt(corrected, parent));
      const meant = nearest(
        name,
        options.filter((option) => !Object.hasOwn(present, option)),
      );
      if (meant === undefined || !Object.hasOwn(present, name)) continue;
      isDone = false;
      written.set(pathOf([...parent, meant]), name);
      corrected = replaceAt(corrected, parent, (mapping) => withName(membersOf(mapping), name, meant));
      problems.push({ path: [...parent, meant], message: suggestion(meant, options), about: "name" });
    }
  }
  const asWritten = (path: readonly PropertyKey[]) =>
    path.map((step, index) => written.get(pathOf(path.slice(0, index + 1))) ?? step);
  return { value: corrected, problems, asWritten };
}

/** An unknown option that cannot be taken for another one, with the nearest of those that there are. */
export function withSuggestion(problem: Problem): Problem {
  const options = optionsIn(problem.message);
  const meant = nearest(String(problem.path.at(-1)), options);
  return meant === undefined ? problem : { ...problem, message: suggestion(meant, options) };
}

function suggestion(meant: string, options: readonly string[]): string {
  return `no such option, did you mean "${meant}"? The options here are: ${options.join(", ")}`;
}

export type Members = Readonly<Record<string, unknown>>;

export function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function withName(mapping: Members, name: string, meant: string): Members {
  return Object.fromEntries(
    Object.entries(mapping).map(([key, value]) => [key === name ? meant : key, value]),
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, step) => membersOrItems(inner)[String(step)], value);
}

function replaceAt(
  value: unknown,
  path: readonly PropertyKey[],
  replace: (found: unknown) => unknown,
): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replace(value);
  const inner = replaceAt(membersOrItems(value)[String(step)], rest, replace);
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? inner : item));
  return Object.fromEntries(
    Object.entries(membersOf(value)).map(([key, item]) => [key, key === step ? inner : item]),
  );
}

function membersOrItems(value: unknown): Members {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
