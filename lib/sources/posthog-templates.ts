import { isObject, type Json } from "../json.ts";
import { isAbsent } from "./items.ts";

/** The body of PostHog's webhook without a template that is still text; or why it is refused. */
export type Expanded =
  | { readonly kind: "expanded" }
  | { readonly kind: "malformed"; readonly message: string };

/**
 * Refuses a body in which PostHog left a template as text: `{person.properties.email}` as the key of everybody would make one
 * member of all persons. PostHog sends the configured text itself when the input was saved without its compiled form.
 * https://github.com/PostHog/posthog/blob/064c243/nodejs/src/cdp/services/hog-inputs.service.ts (`_formatInput`)
 *
 * `paths` are looked at besides those that every body has. The event's properties are PostHog's data and are not searched.
 */
export function checkExpanded(body: Json, paths: Iterable<readonly string[]>): Expanded {
  for (const path of BODY_PATHS) {
    const problem = problemAt(body, path);
    if (problem) return problem;
  }
  for (const path of paths) {
    const problem = problemAt(body, path);
    if (problem) return problem;
  }
  return EXPANDED;
}

const EXPANDED: Expanded = { kind: "expanded" };

/** The fields that are read from every body. A template in the place of an object is text too. */
const BODY_PATHS: readonly (readonly string[])[] = [
  ...[["event"], ["person"], ["groups"], ["segment"], ["member"], ["at"]],
  ...["uuid", "event", "distinct_id", "timestamp", "properties"].map((name) => ["event", name]),
  ...["id", "distinct_id", "properties"].map((name) => ["person", name]),
  ...["id", "name"].map((name) => ["segment", name]),
];

function problemAt(
  body: Json,
  path: readonly string[],
): Extract<Expanded, { kind: "malformed" }> | undefined {
  const value = valueIn(body, path);
  if (typeof value !== "string") return undefined;
  const template = templateIn(value);
  if (template === undefined) return undefined;
  const found = NAMED.test(template) ? `the template ${template}` : "a template";
  const advice = "open the function in PostHog, save the field again and test it";
  return {
    kind: "malformed",
    message: `${path.join(".")}: expected a value, found ${found} that PostHog did not expand: ${advice}`,
  };
}

/** Returns the value at a path of own members; undefined when there is none. */
export function valueIn(body: Json, path: readonly string[]): unknown {
  let value: unknown = body;
  for (const step of path) {
    if (isAbsent(value) || !isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** Returns the first part of a text that is a template of PostHog: braces around an expression with one of its globals. */
function templateIn(text: string): string | undefined {
  if (!text.includes("{")) return undefined;
  return text
    .slice(0, MAX_SEARCHED)
    .match(BRACES)
    ?.find((part) => GLOBAL.test(part));
}

/** Every text that becomes a key or an id is shorter, or is refused for its length. */
const MAX_SEARCHED = 4_096;

/** Liquid templates have two braces: the inner ones are found. */
const BRACES = /\{[^{}]*\}/g;
const GLOBAL = /\b(?:event|person|groups|project|source|inputs|variables)\b/;
/** Only a plain path is quoted: anything longer may hold more than the names of fields. */
const NAMED = /^\{ ?[a-z]+(?:\.[$\w]{1,64}){0,4} ?\}$/;
