import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkConnectionsYaml, readConnectionsFile } from "./yaml.ts";

function problemsOf(text: string): readonly string[] {
  const checked = checkConnectionsYaml(text);
  return checked.ok ? [] : checked.problems;
}

describe("the YAML of connections.yml", () => {
  test("is read and checked", () => {
    const text = `
launchdarkly:
  production: { clientSideId: abc, secret: launchdarkly }
connections:
  engage: { source: segment, secret: engage, audiences: { to: [production] } }
`;
    expect(checkConnectionsYaml(text)).toMatchObject({
      ok: true,
      connections: { connections: { engage: { source: "segment" } } },
    });
  });

  test.each([
    ["a bracket that is not closed", "connections: [\n", /^line 2, column 1: /],
    ["a name twice", "connections:\n  a: 1\n  a: 2\n", /^line 3, column 3: Map keys must be unique/],
    ["a tab", "connections:\n\ta: 1\n", /^line 2, column 1: Tabs are not allowed as indentation/],
    ["a tag of another tool", "connections: !Ref Engage\n", /^line 1, column 14: Unresolved tag: !Ref/],
  ])("with %s is refused with its line", (_name, text, expected) => {
    expect(problemsOf(text)[0]).toMatch(expected);
  });

  test("with several faults names them all", () => {
    expect(problemsOf("a: 1\na: 2\nb: 1\nb: 2\n")).toHaveLength(2);
  });

  test("with an alias that leads nowhere is refused", () => {
    expect(problemsOf("connections: *engage\n")).toEqual([expect.stringContaining("Unresolved alias")]);
  });

  test("that would unfold beyond measure is refused", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level++) {
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
      );
    }
    expect(problemsOf(lines.join("\n"))).toEqual([
      expect.stringContaining("aliases of this file cannot be followed"),
    ]);
  });

  test("that is empty says so", () => {
    expect(problemsOf("# nothing here\n")).toEqual([
      "line 1, column 1: expected a mapping of names to values, it is empty",
    ]);
  });

  test("whose client-side ID looks like a number asks for quotes", () => {
    const text =
      "launchdarkly: { production: { clientSideId: 61e5, secret: s } }\nconnections: { a: { source: segment, secret: a, audiences: { to: [production] } } }\n";
    expect(problemsOf(text)).toEqual([
      "line 1, column 45: launchdarkly.production.clientSideId: expected a text, found a number (put a text that looks like one in quotes)",
    ]);
  });
});

describe("the file", () => {
  test("that is not there is a problem like any other", async () => {
    expect(await readConnectionsFile(join(import.meta.dirname, "no-such-file.yml"))).toEqual({
      ok: false,
      problems: ["cannot be read (ENOENT): expected a file; connections.example.yml is one to copy"],
    });
  });
});
