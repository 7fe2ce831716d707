import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { connectionsJsonSchema, SCHEMA_PATH } from "./connections-schema.ts";

test("connections.schema.json is what `npm run schema` writes", async () => {
  expect(await readFile(SCHEMA_PATH, "utf8")).toBe(connectionsJsonSchema());
});
