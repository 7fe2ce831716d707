import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REFUSALS } from "../../functions/ingest/refusal.ts";
import { IGNORED_KINDS, REJECTION_CODES } from "../../lib/sources/source.ts";

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

  test("has every kind of ignored item, and no other", () => {
    expect(
      rowsUnder("Ignored items")
        .map(([kind]) => kind)
        .sort(),
    ).toEqual([...IGNORED_KINDS].sort());
  });

  test("has the reason of everything that is dead, dropped or waits", () => {
    const root = join(import.meta.dirname, "../..");
    const files = globSync("{lib,functions}/**/*.ts", { cwd: root }).filter(
      (file) => !/\.(test|contract|simulation|invocation)\.ts$/.test(file),
    );
    const text = files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
    const given = [
      ...text.matchAll(
        /(?:retrySoon\(|retryWithBackoff\(|reason: )(?:timedOut \? )?"([a-z-]+)"(?: : "([a-z-]+)")?/g,
      ),
    ];
    const reasons = new Set(
      given.flatMap(([, one, other]) => [one, other]).filter((reason) => reason !== undefined),
    );
    const [, section = ""] = page.split("## After the queue\n");
    expect(reasons.size).toBeGreaterThan(15);
    // Reasons of a membership that cannot be read never leave ingest.
    expect(
      [...reasons].filter(
        (reason) => !section.includes(`\`${reason}\``) && reason !== "absent" && reason !== "not-boolean",
      ),
    ).toEqual([]);
  });
});
