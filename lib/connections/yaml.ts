import { readFile } from "node:fs/promises";
import {
  type Document,
  LineCounter,
  parseDocument,
  visit,
  type YAMLParseError,
  type YAMLWarning,
} from "yaml";
import { type CheckedConnections, inspectConnections } from "./load.ts";
import { describeProblem } from "./problems.ts";
import { describePlace, type Place, placeAt, placeOf } from "./yaml-place.ts";

/**
 * Reads and checks a connections.yml. Every problem has its line and column; problems come in the order of the file.
 * The command line and the local stack use it; functions read the checked JSON.
 */
export async function readConnectionsFile(path: string): Promise<CheckedConnections> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    return {
      ok: false,
      problems: [`cannot be read (${code}): expected a file; connections.example.yml is one to copy`],
    };
  }
  return checkConnectionsYaml(text);
}

/** The same as {@link readConnectionsFile}, for a text. */
export function checkConnectionsYaml(text: string): CheckedConnections {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = faultsOf(document).map(({ message, pos }) => ({ message, place: placeAt(pos[0], lines) }));
  if (faults.length > 0) return refused(faults);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias has no anchor, or the aliases would expand the file beyond all limits.
    const why = error instanceof Error ? error.message : "unreadable";
    const message = `the aliases of this file cannot be followed: ${why}`;
    return refused([{ message, place: placeAt(offsetOfAlias(document), lines) }]);
  }
  const inspected = inspectConnections(value);
  if (inspected.ok) return inspected;
  return refused(
    inspected.problems.map((problem) => ({
      message: describeProblem(problem),
      place: placeOf(problem, document, lines),
    })),
  );
}

type Placed = { readonly message: string; readonly place: Place };

function refused(problems: readonly Placed[]): CheckedConnections {
  const inOrder = [...problems].sort(({ place: a }, { place: b }) => a.line - b.line || a.column - b.column);
  return { ok: false, problems: inOrder.map(({ message, place }) => `${describePlace(place)}: ${message}`) };
}

/** Later syntax errors are often only a consequence of the first, so they are left out. A duplicate name has no consequences. */
function faultsOf({ errors, warnings }: Document): readonly (YAMLParseError | YAMLWarning)[] {
  const [first] = errors.filter(({ code }) => code !== "DUPLICATE_KEY");
  return first ? [first] : [...errors, ...warnings];
}

/** Returns the place of the first alias without an anchor, or else of the first alias. */
function offsetOfAlias(document: Document): number {
  const offsets: { readonly offset: number; readonly leadsNowhere: boolean }[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      offsets.push({ offset: alias.range?.[0] ?? 0, leadsNowhere: alias.resolve(document) === undefined });
    },
  });
  return (offsets.find(({ leadsNowhere }) => leadsNowhere) ?? offsets[0])?.offset ?? 0;
}
