import * as z from "zod";

/** The JSON Schema of a zod schema, as it stands in an OpenAPI document: 3.1 takes draft 2020-12. */
export function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}

/** The same for schemas that refer to each other by their names: `input` is what a sender may write, `output` what Flagbridge writes. */
export function schemasOf(
  named: Iterable<readonly [string, z.ZodType]>,
  io: "input" | "output",
): Readonly<Record<string, object>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of named) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}
