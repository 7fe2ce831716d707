import type * as z from "zod";

/** A place in a file or body, as a person writes it: `connections.segment-engage.audiences.to[0]`. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const name = String(step);
    if (!/^[\w-]+$/.test(name)) return `${text}["${name}"]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** Every problem that zod found in `value`, one line each: where, what was expected, and what kind of thing is there. */
export function describeProblems(error: z.core.$ZodError, value: unknown): string[] {
  return firstAtEachPlace(error).flatMap((issue) => describe(issue, value));
}

/** As {@link describeProblems} for a secret: an unknown name is not quoted, for what stands in the wrong place may be the secret. */
export function describeSecretProblems(error: z.core.$ZodError, value: unknown): string[] {
  return firstAtEachPlace(error).flatMap((issue) =>
    issue.code === "unrecognized_keys" ? [withPlace(issue.path, issue.message)] : describe(issue, value),
  );
}

/** A thing of the wrong type is often too short as well: one problem at one place is enough to act on. */
function firstAtEachPlace({ issues }: z.core.$ZodError): readonly z.core.$ZodIssue[] {
  const wrongTypes = new Set(
    issues.filter(({ code }) => code === "invalid_type").map(({ path }) => pathOf(path)),
  );
  return issues.filter(({ code, path }) => code === "invalid_type" || !wrongTypes.has(pathOf(path)));
}

function withPlace(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${pathOf(path)}: ${message}`;
}

function describe(issue: z.core.$ZodIssue, value: unknown): string[] {
  const at = (message: string) => withPlace(issue.path, message);
  switch (issue.code) {
    case "invalid_type":
      return [at(`expected ${TYPES[issue.expected] ?? issue.expected}, ${foundAt(value, issue.path)}`)];
    case "invalid_value":
      return [
        at(
          `expected ${issue.values.map((choice) => `"${String(choice)}"`).join(" or ")}, ${foundAt(value, issue.path)}`,
        ),
      ];
    case "unrecognized_keys":
      return issue.keys.map((key) => withPlace([...issue.path, key], issue.message));
    case "invalid_union":
      return describeUnion(issue, value, at(issue.message));
    case "invalid_key":
      return issue.issues.map(({ message }) => at(`this name does not do: ${message}`));
    default:
      return [at(issue.message)];
  }
}

/** Where the value is a mapping, it was meant as the mapping among the choices: what is wrong inside it helps most. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, value: unknown, otherwise: string): string[] {
  const inside = issue.errors.find((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === "unrecognized_keys"),
  );
  if (!inside) return [otherwise];
  return inside.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, value));
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  boolean: "true or false",
  number: "a number",
  array: "a list",
  object: "a mapping of names to values",
  record: "a mapping of names to values",
};

function foundAt(root: unknown, path: readonly PropertyKey[]): string {
  let value = root;
  for (const step of path) value = isRecord(value) ? value[step] : undefined;
  if (value === undefined) return "it is missing";
  if (value === null) return "it is empty";
  if (Array.isArray(value)) return "found a list";
  switch (typeof value) {
    case "string":
      return "found another text";
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
