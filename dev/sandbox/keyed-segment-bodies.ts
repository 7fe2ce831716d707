import * as z from "zod";
import { describeProblems } from "../../lib/connections/problems.ts";
import { refusal, type SandboxAnswer, type SandboxRequest } from "./route.ts";

const text = z.string().min(1, "expected a text that is not empty");
const keys = z.array(text).default([]);
const contextKind = z.string().regex(/^[\w.-]+$/, "expected a context kind");

export const creation = z.strictObject({
  key: z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "expected letters, digits, '.', '_' and '-'"),
  name: text,
  description: z.string().default(""),
  tags: z.array(text).default([]),
  unbounded: z.boolean().default(false),
  unboundedContextKind: contextKind.default("user"),
});
export const contexts = z.strictObject({
  included: z.strictObject({ add: keys, remove: keys }).default({ add: [], remove: [] }),
});
const instruction = z.strictObject({
  kind: z.enum(["addIncludedTargets", "removeIncludedTargets"]),
  contextKind,
  values: z.array(text),
});
export const semanticPatch = z.strictObject({
  comment: z.string().optional(),
  environmentKey: text,
  instructions: z.array(instruction).min(1, "expected at least one instruction"),
});

/** The body of a request, or why it is refused. */
export function readBodyAs<Shape>(
  { headers, body }: SandboxRequest,
  schema: z.ZodType<Shape>,
): { readonly data: Shape } | SandboxAnswer {
  if (!String(headers["content-type"]).startsWith("application/json"))
    return refusal(400, "invalid_request", "expected Content-Type: application/json");
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return refusal(400, "invalid_request", "expected a JSON body");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { data: parsed.data };
  return refusal(400, "invalid_request", describeProblems(parsed.error, value).slice(0, 3).join("; "));
}
