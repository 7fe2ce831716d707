import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REFUSALS } from "../../functions/ingest/refusal.ts";
import { REJECTION_CODES } from "../../lib/sources/source.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/errors.md"), "utf8");

/** The rows of the table under a heading: their first two columns. */
function rowsUnder(heading: string): readonly (readonly [string, string])[] {
  const [section = ""] = page.split(`## ${heading}\n`)[1]?.split("\n## ") ?? [];
  return [...section.matchAll(/^\| `(\w+)` *\| ([^|]*) \|/gm)].map(([, code = "", next = ""]) => [
    code,
    next.trim(),
  ]);
}

describe("docs/errors.md", () => {
  test("has every code of a refused request with its status, and no other", () => {
    const documented = rowsUnder("Refused requests");
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(REFUSALS).map(([code, status]) => [code, String(status)])),
    );
    expect(documented).toHaveLength(Object.keys(REFUSALS).length);
  });

  test("has every code of a rejected item, and no other", () => {
    expect(
      rowsUnder("Rejected items")
        .map(([code]) => code)
        .sort(),
    ).toEqual([...REJECTION_CODES].sort());
  });
});
