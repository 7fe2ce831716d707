import { join } from "node:path";
import * as z from "zod/mini";

/** The function was deployed or started without what it needs. Thrown before the first event. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";

  constructor(problems: readonly string[]) {
    super(`The environment of this function is not right: ${problems.join("; ")}`);
  }
}

/** A variable that is a span of time: whole ms above 0. */
export const milliseconds = z.coerce
  .number("expected milliseconds")
  .check(z.int("expected whole milliseconds"), z.positive("expected milliseconds"));

/** The variables of every function: where its secrets, its queues and its connections are. */
export const commonVariables = {
  SECRET_PREFIX: z.string(
    "expected what stands before the name of every secret, for example flagbridge/dev/",
  ),
  QUEUE_URL_PREFIX: z.url(
    "expected what stands before the name of every queue in its URL, for example https://sqs.eu-west-1.amazonaws.com/123456789012/flagbridge-dev-",
  ),
  CONNECTIONS_FILE: z.optional(z.string().check(z.minLength(1, "expected a path, or not to be set"))),
};

/** The further variable of every function that consumes queues: how long a request to a destination may take. */
export const consumerVariables = { ...commonVariables, REQUEST_TIMEOUT_MS: milliseconds };

export type CommonEnvironment = {
  readonly secretPrefix: string;
  readonly queueUrlPrefix: string;
  readonly connectionsFile: string;
};

export type ConsumerEnvironment = CommonEnvironment & { readonly requestTimeoutMs: number };

/** Without `CONNECTIONS_FILE` the connections are those of the bundle. */
export function commonEnvironment(
  read: z.output<z.ZodMiniObject<typeof commonVariables>>,
  bundleFolder: string,
): CommonEnvironment {
  return {
    secretPrefix: read.SECRET_PREFIX,
    queueUrlPrefix: read.QUEUE_URL_PREFIX,
    connectionsFile: read.CONNECTIONS_FILE ?? join(bundleFolder, "connections.json"),
  };
}

export function consumerEnvironment(
  read: z.output<z.ZodMiniObject<typeof consumerVariables>>,
  bundleFolder: string,
): ConsumerEnvironment {
  return { ...commonEnvironment(read, bundleFolder), requestTimeoutMs: read.REQUEST_TIMEOUT_MS };
}

/** The variables of a function that has none of its own. @throws {EnvironmentError} */
export function readConsumerEnvironment(
  environment: NodeJS.ProcessEnv,
  bundleFolder: string,
): ConsumerEnvironment {
  return consumerEnvironment(readVariables(z.object(consumerVariables), environment), bundleFolder);
}

/**
 * The variables of a function by its schema.
 * @throws {EnvironmentError} naming every variable that is not right, and no value.
 */
export function readVariables<Schema extends z.core.$ZodType>(
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): z.output<Schema> {
  const parsed = z.safeParse(schema, environment);
  if (parsed.success) return parsed.data;
  throw new EnvironmentError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
}
