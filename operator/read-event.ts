import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { readJson } from "../lib/json.ts";
import { OperatorProblem } from "./problem.ts";

/**
 * Reads the body of a request from a file of JSON, or of `-` from `stdin`.
 * @throws {OperatorProblem} when the file cannot be read or is no JSON; the message quotes nothing of it
 */
export async function readEvent(path: string, stdin: Readable): Promise<unknown> {
  let text: string;
  try {
    text = path === "-" ? await textOf(stdin) : await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new OperatorProblem(
      `${path}: cannot be read (${code}): expected a file with the JSON body of a request`,
    );
  }
  const body = readJson(text.replace(/^\uFEFF/, ""));
  if (body === undefined)
    throw new OperatorProblem(`${path}: expected JSON, the body of a request as its sender sends it`);
  return body;
}
