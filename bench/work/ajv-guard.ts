import { createRequire } from "node:module";
import { join } from "node:path";
import * as z from "zod";

const peers = createRequire(join(import.meta.dirname, "../peers/package.json"));

/**
 * What Ajv makes of one of our schemas: the code that its standalone mode writes. JSON Schema has neither the two members
 * of metric events that are functions in ours, spelled out here, nor the check that an operation's segment is in the list.
 */
export function ajvGuard(schema: z.core.$ZodType): (value: unknown) => boolean {
  const { default: Ajv } = peers("ajv");
  return new Ajv({ discriminator: true, strict: false }).compile(jsonSchemaOf(schema));
}

function jsonSchemaOf(schema: z.core.$ZodType): object {
  return z.toJSONSchema(schema, {
    target: "draft-7",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema, path }) => {
      const { def } = zodSchema._zod;
      if (def.type === "union" && "discriminator" in def)
        Object.assign(jsonSchema, { type: "object", discriminator: { propertyName: def.discriminator } });
      if (def.type === "custom") Object.assign(jsonSchema, path.at(-1) === "contextKeys" ? TEXTS : OBJECT);
    },
  });
}

const OBJECT = { type: "object" };
const TEXTS = {
  ...OBJECT,
  minProperties: 1,
  propertyNames: { minLength: 1 },
  additionalProperties: { type: "string", minLength: 1 },
};
