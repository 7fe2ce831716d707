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
 * Reads and checks a connections.yml. Everything that is wrong comes with its line and column, in the order of the
 * file. For the command line and the local stack: functions read checked JSON.
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

/** As {@link readConnectionsFile}, of a text. */
export function checkConnectionsYaml(text: string): CheckedConnections {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = faultsOf(document).map(({ message, pos }) => ({ message, place: placeAt(pos[0], lines) }));
  if (faults.length > 0) return refused(faults);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias without its anchor, or so many of them that the file would unfold beyond measure.
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

/** What follows the first fault of syntax is guessed, and often wrong only because of it. A name twice stands alone. */
function faultsOf({ errors, warnings }: Document): readonly (YAMLParseError | YAMLWarning)[] {
  const [first] = errors.filter(({ code }) => code !== "DUPLICATE_KEY");
  return first ? [first] : [...errors, ...warnings];
}

/** The first alias that leads nowhere, or the first of all. */
function offsetOfAlias(document: Document): number {
  const offsets: { readonly offset: number; readonly leadsNowhere: boolean }[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      offsets.push({ offset: alias.range?.[0] ?? 0, leadsNowhere: alias.resolve(document) === undefined });
    },
  });
  return (offsets.find(({ leadsNowhere }) => leadsNowhere) ?? offsets[0])?.offset ?? 0;
}
