import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { asksForHelp } from "./help.ts";
import { openapiDocument } from "./openapi/document.ts";

export const OPENAPI_PATH = join(import.meta.dirname, "../openapi.yaml");

/** The document as it stands in the repository. */
export function openapiYaml(): string {
  return stringify(openapiDocument(), { lineWidth: 120, aliasDuplicateObjects: false });
}

/** The document as ingest serves it. */
export function openapiJson(): string {
  return JSON.stringify(openapiDocument());
}

if (import.meta.main) {
  if (asksForHelp(process.argv.slice(2)))
    console.log(
      "usage: npm run openapi\n\nWrites openapi.yaml, which describes the HTTP interface to other tools.",
    );
  else await writeFile(OPENAPI_PATH, openapiYaml());
}
