import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";

const root = join(import.meta.dirname, "../..");
const example = readFileSync(join(root, "connections.example.yml"), "utf8");

/** The names of options in a JSON schema, at any depth. */
function optionsIn(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(optionsIn);
  const { data } = z.record(z.string(), z.unknown()).safeParse(schema);
  if (!data) return [];
  const { properties, ...rest } = data;
  const own = z.record(z.string(), z.unknown()).safeParse(properties).data ?? {};
  return [...Object.keys(own), ...Object.values(own).flatMap(optionsIn), ...optionsIn(Object.values(rest))];
}

test("connections.example.yml has every option, if only as a comment", () => {
  const schema: unknown = JSON.parse(readFileSync(join(root, "connections.schema.json"), "utf8"));
  const options = new Set(optionsIn(schema));
  expect(options.size).toBeGreaterThan(40);
  expect(
    [...options].filter((name) => !new RegExp(`(?:^ *(?:# )?|[{,] )${name}:`, "m").test(example)),
  ).toEqual([]);
});
