import type * as z from "zod";

/** A problem and its place in the file or body, as the steps from the root. */
export type Problem = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The last name of the path is wrong, not its value. */
  readonly about?: "name";
};

/** Writes a path as people do: `connections.segment-engage.audiences.to[0]`. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const name = String(step);
    if (!/^[\w-]+$/.test(name)) return `${text}["${name}"]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** Writes the problem on one line: its place and what was expected. */
export function describeProblem({ path, message }: Problem): string {
  return path.length === 0 ? message : `${pathOf(path)}: ${message}`;
}

/** Returns every problem that zod found in `value`, one line each: the place, what was expected and what was found. */
export function describeProblems(error: z.core.$ZodError, value: unknown): string[] {
  return problemsIn(error, value, NOTHING_QUOTED).map(describeProblem);
}

/** The same as {@link describeProblems} for a secret. It quotes no unknown name, which may be a secret in the wrong place. */
export function describeSecretProblems(error: z.core.$ZodError, value: unknown): string[] {
  return firstAtEachPlace(error.issues)
    .flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? [{ path: issue.path, message: issue.message }]
        : describe(issue, value, NOTHING_QUOTED),
    )
    .map(describeProblem);
}

/** Describes a text that is none of the choices. In a place that may hold a secret, it must not quote the text. */
export type Wording = { readonly foundText: (text: string, choices: readonly string[]) => string };

const NOTHING_QUOTED: Wording = { foundText: () => "found another text" };

/** Returns the problems that zod found in `value`, at most one at each place. */
export function problemsIn(error: z.core.$ZodError, value: unknown, wording: Wording): Problem[] {
  return firstAtEachPlace(error.issues).flatMap((issue) => describe(issue, value, wording));
}

/** A value of the wrong type is often also too short. One problem at one place is enough to act on. */
function firstAtEachPlace(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const first = new Map<string, z.core.$ZodIssue>();
  for (const issue of issues) {
    const place = pathOf(issue.path);
    const known = first.get(place);
    if (known === undefined || (issue.code === "invalid_type" && known.code !== "invalid_type"))
      first.set(place, issue);
  }
  return issues.filter(
    (issue) => issue.code === "unrecognized_keys" || first.get(pathOf(issue.path)) === issue,
  );
}

function describe(issue: z.core.$ZodIssue, value: unknown, wording: Wording): Problem[] {
  const { path } = issue;
  const found = (choices: readonly string[] = []) => foundAt(value, path, { choices, wording });
  switch (issue.code) {
    case "invalid_type":
      return [{ path, message: `expected ${TYPES[issue.expected] ?? issue.expected}, ${found()}` }];
    case "invalid_value": {
      const choices = issue.values.map(String);
      return [{ path, message: `expected ${choicesOf(issue)}, ${found(choices)}` }];
    }
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: [...path, key], message: issue.message, about: "name" }));
    case "invalid_union":
      return describeUnion(issue, value, wording);
    case "invalid_key":
      return issue.issues
        .slice(0, 1)
        .map(({ message }) => ({ path, message: `this name does not do: ${message}`, about: "name" }));
    default:
      return [{ path, message: issue.message }];
  }
}

/**
 * When the value has the type of one of the choices, the problems inside that choice help most. Otherwise one sentence
 * lists the choices.
 */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, value: unknown, wording: Wording): Problem[] {
  const within = (issues: readonly z.core.$ZodIssue[]) =>
    firstAtEachPlace(issues).flatMap((inner) =>
      describe({ ...inner, path: [...issue.path, ...inner.path] }, value, wording),
    );
  const inside = issue.errors.find((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === "unrecognized_keys"),
  );
  if (inside) return within(inside);
  if (issue.message !== UNNAMED_UNION) return [{ path: issue.path, message: issue.message }];
  const fitting = issue.errors.find((issues) => issues.every(({ code }) => !WRONG_KIND.has(code)));
  if (fitting) return within(fitting.slice(0, 1));
  const choices = issue.errors.flatMap((issues) => issues.slice(0, 1).map(expectedBy));
  const message = `expected ${choices.join(" or ")}, ${foundAt(value, issue.path, { choices: [], wording })}`;
  return [{ path: issue.path, message }];
}

const WRONG_KIND: ReadonlySet<string | undefined> = new Set(["invalid_type", "invalid_value"]);

/** Zod's message for a union that defines no error of its own. */
const UNNAMED_UNION = "Invalid input";

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return TYPES[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_value") return choicesOf(issue);
  return issue.message;
}

function choicesOf({ values }: z.core.$ZodIssueInvalidValue): string {
  return values.map((choice) => (typeof choice === "string" ? `"${choice}"` : String(choice))).join(" or ");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  boolean: "true or false",
  number: "a number",
  array: "a list",
  object: "a mapping of names to values",
  record: "a mapping of names to values",
};

function foundAt(
  root: unknown,
  path: readonly PropertyKey[],
  { choices, wording }: { readonly choices: readonly string[]; readonly wording: Wording },
): string {
  let value = root;
  for (const step of path) value = isRecord(value) ? value[step] : undefined;
  if (value === undefined) return "it is missing";
  if (value === null) return "it is empty";
  if (Array.isArray(value)) return "found a list";
  switch (typeof value) {
    case "string":
      return choices.length > 0 ? wording.foundText(value, choices) : "found another text";
    case "number":
      return "found a number (put a text that looks like one in quotes)";
    case "boolean":
      return "found true or false (put a text that looks like one in quotes)";
    default:
      return "found a mapping";
  }
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
