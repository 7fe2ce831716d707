import * as z from "zod";
import { BEHAVIOUR } from "../flag-changes/behaviour.ts";
import { section } from "./section.ts";

const nonEmpty = z.string().min(1, "expected a text that is not empty");
const filter = z.array(nonEmpty).default([]);

/** PostHog truncates longer group keys. https://posthog.com/docs/product-analytics/group-analytics */
const groupKey = nonEmpty.max(400, "expected at most 400 characters");

/** The parts of a change that may be the key of a PostHog group. */
const GROUP_PARTS = ["project", "environment", "flag"] as const;

/** The options of `posthog`: which flag changes become PostHog events, and how. */
export const posthogShape = {
  eventName: z
    .enum(["namespaced", "action"])
    .default("namespaced")
    .describe("namespaced: launchdarkly.<kind>.<action>; action: LaunchDarkly's action alone"),
  perEnvironment: z
    .boolean()
    .default(false)
    .describe("Send one event for each environment of a change, not one for the change"),
  memberDetails: z
    .boolean()
    .default(true)
    .describe("Send the name and e-mail address of the member who made the change"),
  annotations: z
    .boolean()
    .default(false)
    .describe("Write an annotation on the project's charts for each change; needs a personal API key"),
  groups: z
    .record(
      nonEmpty,
      z.union([groupKey, section({ from: z.enum(GROUP_PARTS) })], {
        error: `expected the group's key, or { from: ${GROUP_PARTS.join(" | ")} }`,
      }),
    )
    .refine(
      (groups) => Object.keys(groups).length <= 5,
      "expected at most five: a PostHog project has no more",
    )
    .default({})
    .describe("PostHog groups that the events belong to, by group type"),
} as const;

/** The options of `posthog.only`. An absent or empty list selects every change. */
export const onlyShape = {
  projects: filter.describe("Project keys"),
  environments: filter.describe("Environment keys"),
  actions: z
    .union([nonEmpty.transform((one) => [one]), z.array(nonEmpty)])
    .default([])
    .describe(`LaunchDarkly actions; "${BEHAVIOUR}" stands for all that change what users see`),
  kinds: filter.describe("Kinds of what was changed: flag, segment, environment, project, …"),
} as const;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const EXPECTED_DURATION = "expected a whole number and a unit in quotes: 30s, 15m, 1h or 1d";

/**
 * A duration as people write it, such as `15m`; the parsed value is in ms. A number counts as ms, so that a function
 * can check again what the build has already parsed.
 */
const duration = z.union(
  [
    z.int().positive(),
    z
      .string()
      .regex(/^[1-9]\d{0,4}[smhd]$/)
      .transform((text) => Number.parseInt(text, 10) * (UNIT_MS[text.slice(-1)] ?? 0)),
  ],
  { error: EXPECTED_DURATION },
);

/** The text of a specifier is part of a DynamoDB sort key, under which its cursor is stored. */
const specifier = nonEmpty.refine((text) => Buffer.byteLength(text) <= 1_024, "expected at most 1,024 bytes");

/** The options of `sweep` except `using`: how often the audit log is read, and how far back. */
export const sweepShape = {
  spec: z
    .array(specifier)
    .min(1, "expected at least one resource specifier")
    .default(["proj/*:env/*:flag/*"])
    .describe("Resource specifiers of what is read from the audit log, each read on its own"),
  every: duration.prefault("15m").describe("How often the audit log is read; at most once a minute on AWS"),
  overlap: duration
    .prefault("10m")
    .describe("How far before the last sweep the next one begins: entries may appear late"),
} as const;
