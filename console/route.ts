import type * as z from "zod";
import { describeProblems } from "../lib/connections/problems.ts";
import { OperatorProblem } from "../operator/problem.ts";

/** What a route is given: the `{names}` of its path and the members of its query, and the body. */
export type ConsoleCall = {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
};

/** What a route gives is answered 200 as JSON; what it throws is answered in words. */
export type ConsoleRoute = {
  readonly method: "GET" | "POST";
  /** Behind /console/api, for example `/requests/{id}`. */
  readonly path: string;
  readonly answer: (call: ConsoleCall) => Promise<unknown>;
};

export type FoundRoute = {
  readonly route: ConsoleRoute;
  readonly parameters: Readonly<Record<string, string>>;
};

export function routeFinder(
  routes: readonly ConsoleRoute[],
): (method: string, path: string) => FoundRoute | undefined {
  const compiled = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  return (method, path) => {
    for (const { route, pattern } of compiled) {
      const match = pattern.exec(path);
      if (match && route.method === method) return { route, parameters: { ...match.groups } };
    }
    return undefined;
  };
}

/** @throws {OperatorProblem} that says what is wrong with what the page sent */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OperatorProblem(
    `The page sent what this version cannot read: ${describeProblems(parsed.error, value).join("; ")}`,
  );
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, "(?<$1>[\\w.-]+)")}$`);
}
