import { noteServerDate } from "./server-clock.ts";
import { token } from "./token.ts";

/** Why a call came to nothing, in words for the person who made it. */
export class CallProblem extends Error {}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${token()}` };
  const answer = await fetch(`/console/api${path}`, { ...init, headers, cache: "no-store" });
  noteServerDate(answer.headers.get("date"), Date.now());
  return answer;
}

/**
 * Calls the console's server. The type of the answer is the route's: both come from one build.
 * @throws {CallProblem} in words, whatever went wrong
 */
export async function call<Answer>(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> {
  let answer: Response;
  try {
    answer = await request(path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
  } catch {
    throw new CallProblem(
      "The console does not answer. Is the stack, or the command that opened it, still running?",
    );
  }
  const value = await answer.json().catch(() => undefined);
  if (answer.ok) return value;
  throw new CallProblem(
    typeof value?.message === "string" ? value.message : `The console answered ${answer.status}.`,
  );
}

export function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
