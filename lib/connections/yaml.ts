import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import { type CheckedConnections, checkConnections } from "./load.ts";

/**
 * Reads and checks a connections.yml. What is wrong with the YAML itself comes with its line; everything else as
 * from {@link checkConnections}. For the command line and the local stack: functions read checked JSON.
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
  const faults = [...document.errors, ...document.warnings].map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return `line ${line}, column ${col}: ${message}`;
  });
  if (faults.length > 0) return { ok: false, problems: faults };
  try {
    return checkConnections(document.toJS());
  } catch (error) {
    // An alias without its anchor, or so many of them that the file would unfold beyond measure.
    const message = error instanceof Error ? error.message : "unreadable";
    return { ok: false, problems: [`the aliases of this file cannot be followed: ${message}`] };
  }
}
