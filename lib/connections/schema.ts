import * as z from "zod";
import { audienceRulesShape, segmentText } from "./audience-rules-settings.ts";
import { contextKindChecks } from "./context-kind.ts";
import { onlyShape, posthogShape, sweepShape } from "./flag-change-settings.ts";
import { INTEGRATION_NAMES } from "./integrations.ts";
import { metricsShape } from "./metrics-settings.ts";
import { section } from "./section.ts";

export const connectionName = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,62}$/,
    "expected letters, digits, '_', '.' or '-', at most 63, starting with a letter or digit",
  );
/** Environments, projects and secrets are named by the same rule. */
const name = connectionName;

/**
 * The names of a destination's queues end with its name, and those of its dead-letter queues add `-dead-letters`.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
 */
const destinationName = z
  .string()
  .regex(
    /^(?!.*-dead-letters$)[A-Za-z0-9][\w-]{0,62}$/,
    "expected letters, digits, '_' or '-', at most 63, starting with a letter or digit and not ending in '-dead-letters': its queues are named by it",
  );

const nonEmpty = z.string().min(1, "expected a text that is not empty");
/** The client-side ID is part of a URL's path: https://launchdarkly.com/docs/sdk/concepts/client-side-server-side */
const clientSideId = nonEmpty.regex(
  /^(?!\.{1,2}$)[\w.~-]+$/,
  "expected the client-side ID alone: letters and digits, as LaunchDarkly shows it in the environment's settings",
);
const contextKind = z.string().check(...contextKindChecks);

const loopback = /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(\/|$)/;

/** Every request carries a token, so plain http is allowed only to a server on this machine. */
const baseUrl = z
  .url("expected a URL, for example https://app.launchdarkly.com")
  .refine(
    (url) => url.startsWith("https://") || loopback.test(url),
    "expected https (http only for a loopback host: the token would travel in clear)",
  )
  .transform((url) => url.replace(/\/+$/, ""));

const customInstance = section({
  api: baseUrl.describe("Base URL of the REST API, for example https://app.launchdarkly.com"),
  events: baseUrl.describe("Base URL of the events service, for example https://events.launchdarkly.com"),
});

/** One environment of `launchdarkly`. */
export const launchdarklyEnvironment = section({
  clientSideId: clientSideId.describe("Client-side ID of the environment; environmentId on the wire"),
  instance: z
    .union([z.enum(["us", "eu", "federal"]), customInstance], {
      error:
        "expected us, eu, federal, or the base URLs of another instance: { api: https://…, events: https://… }",
    })
    .default("us")
    .describe("Which LaunchDarkly: us, eu, federal, or the base URLs of another"),
  project: nonEmpty
    .optional()
    .describe("Project key; for writer: big and list, and metrics with route: import"),
  environment: nonEmpty
    .optional()
    .describe("Environment key; for writer: big and list, and metrics with route: import"),
  secret: name.describe('Secret holding {"accessToken": "…"}'),
});

/** One project of `posthog`. */
export const posthogProject = section({
  host: baseUrl.describe(
    "Where the project is: https://us.i.posthog.com, https://eu.i.posthog.com, or your own",
  ),
  projectId: z
    .string()
    .regex(/^\d+$/, "expected the project's number, in quotes")
    .optional()
    .describe("The project's number, for annotations"),
  secret: name.describe('Secret holding {"projectApiKey": "phc_…", "personalApiKey"?: "phx_…"}'),
});

const lenientBooleans = z.boolean().optional().describe('Read "true" and "false" as membership');
const journeyStepMeansAdd = z
  .boolean()
  .optional()
  .describe("Read a journey_step without a boolean as an add");

const fixedSegment = section({
  id: segmentText.describe("Cohort id on the wire"),
  name: segmentText.describe("Name of the segment in LaunchDarkly"),
});

const audiences = section({
  to: z.array(name).describe("Environments that receive every operation"),
  writer: z
    .enum(["synced", "big", "list"])
    .default("synced")
    .describe(
      "What kind of segment they are: synced; big (any size, one context kind); list (at most 15,000 members)",
    ),
  integration: z
    .enum(INTEGRATION_NAMES)
    .optional()
    .describe("Integration key of the synced segment; the default is the source's own"),
  provisioned: z
    .boolean()
    .optional()
    .describe(
      "LaunchDarkly has set the integration up on the eu or federal instance, where most are missing",
    ),
  contextKind: contextKind.default("user").describe("Context kind of operations that name none"),
  contextKey: z
    .array(nonEmpty)
    .min(1, "expected at least one name")
    .optional()
    .describe("Where the context key is read from; the first present wins"),
  segment: fixedSegment
    .optional()
    .describe("The segment of every operation, for sources whose requests name none"),
  ...audienceRulesShape,
  lenientBooleans,
  journeyStepMeansAdd,
});

const metrics = section({
  to: z
    .array(name)
    .min(1, "expected at least one environment of launchdarkly")
    .describe("Environments that receive every event"),
  contextKind: contextKind.default("user").describe("Context kind of the user id"),
  ...metricsShape,
});

const posthog = section({
  to: z
    .array(name)
    .min(1, "expected at least one project of posthog")
    .describe("Projects that receive every change"),
  ...posthogShape,
  only: section(onlyShape).prefault({}).describe("Which changes are sent; all others are not"),
});

const sweep = section({
  using: name.describe("Environment of launchdarkly whose token reads the audit log"),
  ...sweepShape,
});

/** One of `connections`. The two booleans of `audiences` may also stand directly in the connection. */
export const connection = section({
  source: z
    .enum([
      "segment",
      "rudderstack",
      "tealium",
      "zeotap",
      "amplitude",
      "mixpanel",
      "mparticle",
      "posthog",
      "launchdarkly",
      "flagbridge",
    ])
    .describe("Whose requests this connection understands"),
  secret: name.describe('Secret holding {"writeKeys"?, "tokens"?, "signingSecrets"?}, at most two of each'),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, "expected the name of a header: letters, digits and '-'")
    .transform((header) => header.toLowerCase())
    .optional()
    .describe("Header whose value is one of the secret's tokens, for vendors that cannot set Authorization"),
  allowPartlySignedBatches: z
    .boolean()
    .optional()
    .describe(
      "Take batches of which only the first event is signed, although nothing vouches for the others",
    ),
  erasures: z
    .boolean()
    .optional()
    .describe(
      "Take requests to erase a person, and take the person out of every segment, queue and dead letter; default: false",
    ),
  lenientBooleans,
  journeyStepMeansAdd,
  // The default sends to no environment, because a connection may have metrics only.
  audiences: audiences.prefault({ to: [] }).describe("Audiences become segments"),
  metrics: metrics.optional().describe("Track events become metric events"),
  posthog: posthog.optional().describe("Flag changes become PostHog events"),
  sweep: sweep.optional().describe("The audit log is read for changes that no webhook brought"),
}).transform(({ lenientBooleans, journeyStepMeansAdd, ...rest }, context) => {
  const shorthands = { lenientBooleans, journeyStepMeansAdd };
  for (const [option, value] of Object.entries(shorthands)) {
    const inner =
      option === "lenientBooleans" ? rest.audiences.lenientBooleans : rest.audiences.journeyStepMeansAdd;
    if (value === undefined || inner === undefined || value === inner) continue;
    const message = `expected the same as audiences.${option}: remove one of the two`;
    context.issues.push({ code: "custom", path: [option], message, input: value });
  }
  return {
    ...rest,
    audiences: {
      ...rest.audiences,
      lenientBooleans: rest.audiences.lenientBooleans ?? lenientBooleans ?? false,
      journeyStepMeansAdd: rest.audiences.journeyStepMeansAdd ?? journeyStepMeansAdd ?? false,
    },
  };
});

/** The shape of connections.yml. `load.ts` checks the references. */
export const connectionsFile = section({
  launchdarkly: z
    .record(destinationName, launchdarklyEnvironment)
    .default({})
    .describe("LaunchDarkly environments, by a name of your own"),
  posthog: z
    .record(destinationName, posthogProject)
    .default({})
    .describe("PostHog projects, by a name of your own"),
  connections: z
    .record(name, connection)
    .describe("Sources, by the name that stands in their URL: /c/<name>"),
});

export type Connections = z.output<typeof connectionsFile>;
export type Connection = z.output<typeof connection>;
export type MetricsSettings = z.output<typeof metrics>;
export type FlagChangeSettings = z.output<typeof posthog>;
export type PosthogProject = z.output<typeof posthogProject>;
export type LaunchDarklyEnvironment = z.output<typeof launchdarklyEnvironment>;
export type SourceName = Connection["source"];
