import * as z from "zod";

/** One line of a problem: where in the file, what was expected, what to do. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, "expected letters, digits, '_', '.' or '-', at most 63, starting with a letter or digit");

const nonEmpty = z.string().min(1, "expected a text that is not empty");

const loopback = /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(\/|$)/;

/** Tokens travel with every request, so plain http is for a server on this machine alone. */
const baseUrl = z
  .url("expected a URL, for example https://app.launchdarkly.com")
  .refine((url) => url.startsWith("https://") || loopback.test(url), "expected https (http only for a loopback host: the token would travel in clear)")
  .transform((url) => url.replace(/\/+$/, ""));

/**
 * A context kind as LaunchDarkly takes it: `kind` and `multi` are reserved.
 * https://launchdarkly.com/docs/home/flags/context-kinds
 */
export const contextKind = z
  .string()
  .max(128, "expected at most 128 characters")
  .regex(/^[\w.-]+$/, "expected letters, digits, '_', '.' or '-'")
  .refine((kind) => kind !== "kind" && kind !== "multi", "expected a kind other than 'kind' and 'multi', which LaunchDarkly reserves");

const launchdarklyEnvironment = z.strictObject({
  clientSideId: nonEmpty.describe("Client-side ID of the environment; environmentId on the wire"),
  instance: z
    .union([z.enum(["us", "eu", "federal"]), z.strictObject({ api: baseUrl, events: baseUrl })])
    .default("us")
    .describe("Which LaunchDarkly: us, eu, federal, or the base URLs of another"),
  project: nonEmpty.optional().describe("Project key"),
  environment: nonEmpty.optional().describe("Environment key"),
  secret: name.describe('Secret holding {"accessToken": "…"}'),
});

const audiences = z.strictObject({
  to: z.array(name).min(1, "expected at least one environment of launchdarkly").describe("Environments that receive every operation"),
  writer: z.enum(["synced"]).default("synced").describe("How operations reach LaunchDarkly"),
  integration: nonEmpty.optional().describe("Integration key of the synced segment; the default is the source's own"),
  contextKind: contextKind.default("user").describe("Context kind of operations that name none"),
  contextKey: z.array(nonEmpty).min(1, "expected at least one name").optional().describe("Where the context key is read from; the first present wins"),
  lenientBooleans: z.boolean().default(false).describe('Read "true" and "false" as membership'),
  journeyStepMeansAdd: z.boolean().default(false).describe("Read a journey_step without a boolean as an add"),
});

const connection = z.strictObject({
  source: z.enum(["segment", "flagbridge"]).describe("Whose requests this connection understands"),
  secret: name.describe('Secret holding {"writeKeys"?, "tokens"?}, at most two of each'),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, "expected a header name")
    .transform((header) => header.toLowerCase())
    .optional()
    .describe("Header whose value is one of the secret's tokens, for vendors that cannot set Authorization"),
  audiences,
});

/** The shape of connections.yml. What refers to what is checked in `load.ts`. */
export const connectionsFile = z.strictObject({
  launchdarkly: z.record(name, launchdarklyEnvironment).default({}),
  connections: z.record(name, connection),
});

export type Connections = z.output<typeof connectionsFile>;
export type Connection = z.output<typeof connection>;
export type AudiencesSettings = z.output<typeof audiences>;
export type LaunchDarklyEnvironment = z.output<typeof launchdarklyEnvironment>;
export type SourceName = Connection["source"];
