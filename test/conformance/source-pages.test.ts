import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";

const folder = join(import.meta.dirname, "../../docs/sources");
const rows = new Map(
  readFileSync(join(folder, "README.md"), "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, first = "", ...cells] = line.split("|").map((cell) => cell.trim());
      const name = /^\[`(\w+)`\]\(\1\.md\)$/.exec(first)?.[1];
      return name === undefined ? [] : [[name, cells] as const];
    }),
);

/** The names in a cell, each in backticks. */
const namesIn = (cell = "") => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);

test("the table of docs/sources has a row for every source, and no other", () => {
  expect([...rows.keys()].sort()).toEqual(Object.keys(SOURCE_TRAITS).sort());
});

describe.each(Object.entries(SOURCE_TRAITS))("of source %s", (name, { contextKeys, integration }) => {
  const [known, byDefault, defaultIntegration] = rows.get(name) ?? [];

  test("the table has the default names of the context key, and the default integration", () => {
    expect(namesIn(byDefault)).toEqual(contextKeys.default);
    expect(namesIn(defaultIntegration)).toEqual(integration === undefined ? [] : [integration]);
  });

  test("the table has no name of the context key that is none", () => {
    if (contextKeys.known === "any") return expect(known).toBe("any");
    expect(contextKeys.known).toEqual(expect.arrayContaining(namesIn(known)));
  });

  test("the page says which names the connection may list", () => {
    if (contextKeys.known === "any") return;
    const page = readFileSync(join(folder, `${name}.md`), "utf8");
    expect(contextKeys.known.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });
});
