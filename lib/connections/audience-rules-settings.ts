import * as z from "zod";
import { contextKindChecks } from "./context-kind.ts";
import { section } from "./section.ts";

const nonEmpty = z.string().min(1, "expected a text that is not empty");

/** The id or name of a segment. No request may have a longer one: see lib/sources/limits.ts. */
export const segmentText = nonEmpty.refine(
  (text) => Buffer.byteLength(text) <= 1_024,
  "expected at most 1,024 bytes",
);

const ids = z.array(segmentText).min(1, "expected at least one id");

const rename = section({
  id: segmentText.optional().describe("Id of the segment; the default is the audience's own"),
  name: segmentText.optional().describe("Name of the segment; the default is the audience's own"),
}).refine(({ id, name }) => id !== undefined || name !== undefined, "expected id, name or both");

const ofOneAudience = section({
  to: z
    .array(nonEmpty)
    .min(1, "expected at least one environment of to; except leaves an audience out")
    .optional()
    .describe("Environments of to that receive this audience; the others do not"),
  contextKind: z
    .string()
    .check(...contextKindChecks)
    .optional()
    .describe("Context kind of this audience's operations that name none"),
  contextKey: z
    .array(nonEmpty)
    .min(1, "expected at least one name")
    .optional()
    .describe("Where this audience's context key is read from; the first present wins"),
}).refine(
  (rule) => Object.values(rule).some((value) => value !== undefined),
  "expected to, contextKind or contextKey",
);

/** The rules of `audiences`. They name an audience by the id that its source sends, which is the segment's id unless renamed. */
export const audienceRulesShape = {
  only: ids.optional().describe("Ids of the audiences that are sent; all others are not"),
  except: ids.optional().describe("Ids of the audiences that are not sent"),
  rename: z
    .record(segmentText, rename)
    .optional()
    .describe("Id and name of the segment by the audience's id, where they differ"),
  byAudience: z
    .record(segmentText, ofOneAudience)
    .optional()
    .describe("What differs for one audience, by its id"),
} as const;
