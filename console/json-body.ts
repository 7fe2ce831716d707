import type { IncomingMessage } from "node:http";
import { OperatorProblem } from "../operator/problem.ts";

/** An event of 4 MB, the most that ingest takes, that was pasted as text: each of its quotes is escaped. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** @throws {OperatorProblem} for what is no JSON, or too long for what the page sends */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) throw new OperatorProblem(`expected a body of at most ${MAX_BODY_BYTES} bytes`);
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new OperatorProblem("expected JSON");
  }
}
