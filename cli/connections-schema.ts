import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { connectionsFile } from "../lib/connections/schema.ts";
import { asksForHelp } from "./help.ts";

/** Where editors find the schema of connections.yml: its first line names it. */
export const SCHEMA_PATH = join(import.meta.dirname, "../connections.schema.json");

/**
 * The JSON Schema of what a user writes (not of what the check makes of it). Draft 7 is what the YAML language
 * server of editors knows best.
 */
export function connectionsJsonSchema(): string {
  const schema = z.toJSONSchema(connectionsFile, { io: "input", target: "draft-7" });
  return `${JSON.stringify({ ...schema, title: "connections.yml of Flagbridge" }, undefined, 2)}\n`;
}

if (import.meta.main) {
  if (asksForHelp(process.argv.slice(2)))
    console.log(
      "usage: npm run schema\n\nWrites connections.schema.json, by which editors complete connections.yml.",
    );
  else await writeFile(SCHEMA_PATH, connectionsJsonSchema());
}
