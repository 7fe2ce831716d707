import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The function that is there only where a connection takes erasure requests: infra/eraser.cjs. */
export const ERASER = "eraser";

/** The functions of every bundle: the folders of `functions/`. */
export const FUNCTION_NAMES: readonly string[] = readdirSync(join(import.meta.dirname, "../../functions"), {
  withFileTypes: true,
})
  .filter((folder) => folder.isDirectory() && folder.name !== ERASER)
  .map((folder) => folder.name);
