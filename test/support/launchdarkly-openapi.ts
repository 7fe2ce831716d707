import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const documentShape = z.object({
  answers: z.record(z.string(), z.record(z.string(), z.string())),
  $defs: z.record(z.string(), z.record(z.string(), z.unknown())),
});

/** See test/vectors/README.md. */
const document = documentShape.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/launchdarkly-openapi/schemas.json"), "utf8")),
);

/** Objects with members that the document names take no others: what the sandbox makes up would be told from LaunchDarkly's. */
const $defs = Object.fromEntries(
  Object.entries(document.$defs).map(([name, schema]) => [
    name,
    "properties" in schema && !("additionalProperties" in schema)
      ? { ...schema, additionalProperties: false }
      : schema,
  ]),
);

/**
 * What LaunchDarkly's OpenAPI document says an answer looks like.
 * @throws {RangeError} for an answer that the document does not have.
 */
export function answerSchema(operation: string, status: number): z.ZodType {
  const name = document.answers[operation]?.[String(status)];
  if (name === undefined) throw new RangeError(`the document has no answer ${status} of ${operation}`);
  return z.fromJSONSchema({ $defs, $ref: `#/$defs/${name}` });
}
