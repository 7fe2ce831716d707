import { nearest } from "./nearest.ts";
import { type Problem, pathOf } from "./problems.ts";
import { optionsIn } from "./section.ts";

export type Corrected = {
  /** The value with the corrected names. */
  readonly value: unknown;
  /** One problem for each corrected name. */
  readonly problems: readonly Problem[];
  /** Returns a path of the corrected value as the file spells it. */
  readonly asWritten: (path: readonly PropertyKey[]) => readonly PropertyKey[];
};

type Names = Map<string, string>;

/**
 * Reads a misspelt option as the one that was most likely meant, if that one is absent. Otherwise one wrong letter would
 * cause several problems: the right option would be missing, and references to its content would lead nowhere.
 */
export function correctNames(value: unknown, problemsOf: (value: unknown) => readonly Problem[]): Corrected {
  const written: Names = new Map();
  const problems: Problem[] = [];
  let corrected = value;
  // The schema looks into a mapping only when the mapping's name is right, so each level takes a round.
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

/** Adds the nearest known option to the problem of an unknown option that was not corrected. */
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
