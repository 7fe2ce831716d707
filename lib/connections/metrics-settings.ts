import * as z from "zod";
import { contextKindChecks } from "./context-kind.ts";

const nonEmpty = z.string().min(1, "expected a text that is not empty");
const names = z.array(nonEmpty).min(1, "expected at least one name");

/**
 * The options of `metrics`: which track events become LaunchDarkly metric events, and how.
 * The defaults are those of Segment's own LaunchDarkly destination.
 */
export const metricsShape = {
  route: z
    .enum(["client-side", "import"])
    .default("client-side")
    .describe(
      "client-side: by the client-side ID, no token; import: by project and environment, with a token that may importEventData",
    ),
  contextKeys: z
    .record(z.string().check(...contextKindChecks), z.union([nonEmpty.transform((one) => [one]), names]))
    .refine((kinds) => Object.keys(kinds).length > 0, "expected at least one context kind")
    .optional()
    .describe(
      "Where the key of each context kind is read from, the first present wins; default: contextKind from userId else anonymousId, and unauthenticatedUser from anonymousId",
    ),
  only: names.optional().describe("Names of the events that are sent; all others are not"),
  except: names.optional().describe("Names of the events that are not sent"),
  rename: z.record(nonEmpty, nonEmpty).default({}).describe("Event key by event name, where they differ"),
  value: nonEmpty.optional().describe("Property that holds the value of events without revenue and value"),
  numericStrings: z.boolean().default(false).describe('Read a value like "12.50" as a number'),
  data: z
    .union([z.boolean(), names])
    .default(true)
    .describe("Properties that are sent along: all, none, or those named"),
  alias: z.boolean().default(false).describe("Send legacy alias events for alias and identify calls"),
  eventSchema: z
    .union([z.literal(3), z.literal(4)])
    .default(4)
    .describe("3: the older form with a userKey, for environments that know no contexts"),
  maxAgeDays: z
    .number()
    .positive("expected a number of days above 0")
    .optional()
    .describe(
      "Events older than this are not sent: LaunchDarkly counts by when it receives them, so a late one misses its experiment",
    ),
} as const;
