import * as z from "zod";
import { contextKindChecks } from "../../../lib/connections/context-kind.ts";
import { MAX_CONTEXT_KEY_BYTES, MAX_SEGMENT_TEXT_BYTES } from "../../../lib/sources/limits.ts";
import { TIMESTAMP_SHAPE } from "../../../lib/sources/time.ts";
import { END_OF_9999_MS, MILLISECONDS, SECONDS, type UnixTimeUnit } from "../../../lib/sources/unix-time.ts";

/** Parts of the bodies of several sources. A null counts as absent everywhere, and so does an empty text where a key or name stands. */

export const text = z.string().min(1);
export const object = z.record(z.string(), z.unknown());
export const contextKey = z
  .string()
  .max(MAX_CONTEXT_KEY_BYTES)
  .describe(`Context key: at most ${MAX_CONTEXT_KEY_BYTES} bytes of UTF-8`);
export const requiredContextKey = contextKey.min(1);
export const segmentId = text
  .max(MAX_SEGMENT_TEXT_BYTES)
  .describe(`Id of the segment: at most ${MAX_SEGMENT_TEXT_BYTES} bytes of UTF-8`);
export const segmentName = z
  .string()
  .max(MAX_SEGMENT_TEXT_BYTES)
  .describe("Name of the segment; its id where absent");
export const contextKind = z.string().check(...contextKindChecks);
export const environmentId = z
  .string()
  .describe("Client-side ID of an environment that the connection sends to");
/** For vendors whose ids are numbers. */
export const segmentIdOrNumber = z.union([segmentId, z.int()]);
export const time = z
  .string()
  .regex(TIMESTAMP_SHAPE)
  .describe("ISO 8601 with Z or an offset; the time of receipt where absent");
function untilYear9999(unitMs: UnixTimeUnit) {
  const latest = Math.floor(END_OF_9999_MS / unitMs);
  return z.union([
    z.int().min(0).max(latest),
    z.string().regex(new RegExp(`^\\d{1,${String(latest).length}}$`)),
  ]);
}

export const unixSeconds = untilYear9999(SECONDS);
export const unixMilliseconds = untilYear9999(MILLISECONDS);
/** The texts only where the connection says `lenientBooleans`. */
export const membership = z
  .union([z.boolean(), z.enum(["true", "false"])])
  .describe("The texts only where the connection says lenientBooleans");

/** The parts that stand in many bodies, by their names among the document's schemas. */
export const PARTS = {
  ContextKey: contextKey,
  ContextKind: contextKind,
  EnvironmentId: environmentId,
  RequiredContextKey: requiredContextKey,
  SegmentId: segmentId,
  SegmentIdOrNumber: segmentIdOrNumber,
  SegmentName: segmentName,
  Time: time,
  Membership: membership,
};

/** An object with fields at these dotted paths: `a.b` is the field `b` of the object `a`. An object on the way may be absent unless something in it is required. */
export function objectOf(fields: Readonly<Record<string, z.ZodType>>): z.ZodObject {
  const inner = new Map<string, Record<string, z.ZodType>>();
  const shape: Record<string, z.ZodType> = {};
  for (const [path, type] of Object.entries(fields)) {
    const dot = path.indexOf(".");
    if (dot === -1) {
      shape[path] = type;
      continue;
    }
    const name = path.slice(0, dot);
    inner.set(name, { ...inner.get(name), [path.slice(dot + 1)]: type });
  }
  for (const [name, own] of inner) {
    const made = objectOf(own);
    shape[name] = made.safeParse({}).success ? made.nullish() : made;
  }
  return z.object(shape);
}
