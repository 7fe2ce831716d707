import { membersOf } from "./misspelt.ts";
import type { Problem } from "./problems.ts";
import { connectionsFile } from "./schema.ts";

const SECTIONS: ReadonlySet<string> = new Set(Object.keys(connectionsFile.shape));
const SHOWN_NAMES = 5;

/** Of a file that is about something else, one problem says so: a problem for each of its names would only hide that. */
export function anotherFile(value: unknown): Problem | undefined {
  const names = Object.keys(membersOf(value));
  if (names.length < 2 || names.some((name) => SECTIONS.has(name))) return undefined;
  const found = names
    .slice(0, SHOWN_NAMES)
    .map((name) => (name.length > 40 ? `${name.slice(0, 40)}…` : name));
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : "";
  return {
    path: [],
    message: `expected a connections file, with launchdarkly, posthog and connections at its top; found ${found.join(", ")}${more}: name another file, or start from connections.example.yml`,
  };
}
