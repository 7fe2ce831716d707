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

describe("a problem of connections.yml has its line and column", () => {
  const file = (text: string) => `launchdarkly:
  production:
    clientSideId: abc
    secret: launchdarkly
connections:
  engage:
    source: segment
    secret: engage
    audiences: &audiences
      to: [production]
${text}`;

  test.each<[string, string, RegExp]>([
    [
      "at a value",
      file("  own: { source: segmnt, secret: own, audiences: { to: [production] } }\n"),
      /^line 11, column 18: connections\.own\.source: .*found "segmnt": did you mean "segment"\?$/,
    ],
    [
      "at an item of a list",
      file("      contextKey:\n        - userId\n        - phone\n"),
      /^line 13, column 11: connections\.engage\.audiences\.contextKey\[1\]: /,
    ],
    [
      "at the name of a misspelt option",
      file("    headr: X-Api-Key\n"),
      /^line 11, column 5: connections\.engage\.headr: no such option, did you mean "header"\?/,
    ],
    [
      "at the name of an option that is near none",
      file("    colour: red\n"),
      /^line 11, column 5: connections\.engage\.colour: no such option; the options here are: /,
    ],
    [
      "at what an option is missing from",
      file("  own:\n    source: segment\n    audiences: { to: [production] }\n"),
      /^line 11, column 3: connections\.own\.secret: expected a text, it is missing$/,
    ],
    [
      "at the name of an option without a value",
      file("    header:\n"),
      /^line 11, column 5: connections\.engage\.header: expected a text, it is empty$/,
    ],
    [
      "at the name of a mapping",
      file("  own:\n    source: segment\n    secret: own\n"),
      /^line 11, column 3: connections\.own: expected audiences or metrics/,
    ],
    [
      "at a name that does not do",
      file("  a b: { source: segment, secret: own, audiences: { to: [production] } }\n"),
      /^line 11, column 3: connections\["a b"\]: this name does not do: /,
    ],
    [
      "at the beginning for a section that is missing",
      "launchdarkly:\n  production: { clientSideId: abc, secret: launchdarkly }\n",
      /^line 1, column 1: connections: expected a mapping of names to values, it is missing$/,
    ],
    [
      "in JSON, which is YAML as well",
      '{\n  "connections": {\n    "own": { "source": "segment", "secret": 7, "metrics": { "to": [] } }\n  }\n}\n',
      /^line 3, column 45: connections\.own\.secret: expected a text, found a number/,
    ],
  ])("%s", (_name, text, problem) => {
    expect(problemsOf(text)[0]).toMatch(problem);
  });

  test("also in an option whose name is misspelt", () => {
    expect(problemsOf(file("    metrcis:\n      to: [staging]\n"))).toEqual([
      expect.stringMatching(/^line 11, column 5: connections\.engage\.metrcis: .* did you mean "metrics"\?/),
      expect.stringMatching(/^line 12, column 12: connections\.engage\.metrcis\.to\[0\]: .* found "staging"/),
    ]);
  });

  test("and several are told in the order of the file", () => {
    const text = file("    headr: x\n").replace("abc", "a#c").replace("source: segment", "source: segmnt");
    expect(problemsOf(text).map((problem) => problem.split(":")[0])).toEqual([
      "line 3, column 19",
      "line 7, column 13",
      "line 11, column 5",
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
