import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The functions of the bundle: the folders of `functions/`. */
export const FUNCTION_NAMES: readonly string[] = readdirSync(join(import.meta.dirname, "../../functions"), {
  withFileTypes: true,
})
  .filter((folder) => folder.isDirectory())
  .map((folder) => folder.name);
