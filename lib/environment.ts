import type * as z from "zod";

/** The function was deployed or started without what it needs. Thrown before the first event. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";

  constructor(problems: readonly string[]) {
    super(`The environment of this function is not right: ${problems.join("; ")}`);
  }
}

/**
 * The variables of a function by its schema.
 * @throws {EnvironmentError} naming every variable that is not right, and no value.
 */
export function readVariables<Schema extends z.ZodType>(
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): z.output<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new EnvironmentError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
}
