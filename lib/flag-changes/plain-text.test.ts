import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainLine, plainLines } from "./plain-text.ts";

describe("a title in plain text", () => {
  test.each([
    ["a link becomes its text", "[Ana](mailto:ana@example.com) did it", "Ana did it"],
    ["backticks become quotes", "in `Production`", "in 'Production'"],
    [
      "an escape becomes what it escapes",
      "client\\-side \\*all\\* ngrok\\-free\\.app",
      "client-side *all* ngrok-free.app",
    ],
    ["a backslash before a letter stays", "C:\\temp \\\\", "C:\\temp \\"],
    ["a backslash at the end stays", "odd\\", "odd\\"],
    ["brackets in a link's text, escaped", "[a \\[b\\] c](https://x.example)", "a [b] c"],
    ["brackets in a link's text, balanced", "[a [b] c](https://x.example)", "a [b] c"],
    ["parentheses in a link's URL, balanced", "[a](https://x.example/(y(z))) b", "a b"],
    ["parentheses in a link's URL, escaped", "[a](https://x.example/\\)y) b", "a b"],
    ["two links side by side", "[a](x)[b](y)", "ab"],
    ["a link in a link's text", "[a [b](x) c](y)", "a b c"],
    ["marks in a link's text", "[**a** `b`](x)", "a 'b'"],
    ["a link without a text", "[](x) a", "a"],
    ["a link without a URL", "[a]() b", "a b"],
    ["brackets without a URL stay", "[a] (b) [c", "[a] (b) [c"],
    ["a URL with a blank is none", "[a](b c)", "[a](b c)"],
    ["a URL without its end is none", "[a](b", "[a](b"],
    ["a link behind what is none", "[a](b (c [d](e)", "[a](b (c d"],
    ["bold and struck marks go", "**If** ~~old~~ new", "If old new"],
    ["single emphasis goes", "from ~~Test~~ to *Testing*", "from Test to Testing"],
    ["both marks at once go", "***a***", "a"],
    ["marks inside a word go", "a*b*c", "abc"],
    ["marks without their other half stay", "2 ** 3, a ~~ b, *c, d *", "2 ** 3, a ~~ b, *c, d *"],
    ["one that opens and never closes stays", "**a ~~b", "**a ~~b"],
    ["nothing in code is markdown", "`**a** \\d+\\. [b](c)`", "'**a** \\d+\\. [b](c)'"],
    ["code between two backticks", "``a`b``", "'a`b'"],
    ["a backtick without its other half", "it`s", "it's"],
    ["a tilde alone stays", "~5 a~b", "~5 a~b"],
    ["snake_case stays", "my_flag_name _x_", "my_flag_name _x_"],
    ["line ends become blanks", " a\r\nb\n", "a  b"],
    ["nothing is nothing", "", ""],
  ])("%s", (_name, markdown, plain) => {
    expect(plainLine(markdown)).toBe(plain);
  });

  test("asks what to write for a link, by its plain text and its URL", () => {
    const links: string[][] = [];
    const plain = plainLine("[Ana \\[x\\]](mailto:a\\@b) did", (text, url) => {
      links.push([text, url]);
      return "somebody";
    });
    expect(plain).toBe("somebody did");
    expect(links).toEqual([["Ana [x]", "mailto:a@b"]]);
  });
});

describe("details in plain text", () => {
  test.each([
    ["bullets go, of both kinds", "* a\n- b\n+ c", "a\nb\nc"],
    ["bullets inside bullets go", "* a\n    * b", "a\nb"],
    ["blank lines go", "* a\n\n   \n* b\n", "a\nb"],
    [
      "headings lose their marks on both sides",
      "## Copied flag settings ##\n# C#",
      "Copied flag settings\nC#",
    ],
    ["what only looks like a heading stays", "#5e00ff\n####### seven", "#5e00ff\n####### seven"],
    ["a bullet's emphasis goes", "* *a* b", "a b"],
    [
      "quotes are indented, and so is what goes on with one",
      "* rule\n    > **If** `a`  \n    **serve** `b`\n    \n* c",
      "rule\n  If 'a'\n  serve 'b'\nc",
    ],
    ["quotes in quotes are indented once", "> > a", "  a"],
    ["marks do not reach over lines", "*a\nb*", "*a\nb*"],
    ["Windows' line ends", "* a\r\n* b\r", "a\nb"],
    ["only marks are nothing", "* \n>\n#\n-", ""],
  ])("%s", (_name, markdown, plain) => {
    expect(plainLines(markdown)).toBe(plain);
  });
});

describe("whatever the text is", () => {
  const soup = fc.array(
    fc.constantFrom(
      "[",
      "]",
      "(",
      ")",
      "\\",
      "`",
      "``",
      "*",
      "**",
      "~~",
      "~",
      ">",
      "#",
      "- ",
      " ",
      "\n",
      "a",
      "é",
      "😀",
    ),
    { maxLength: 60 },
  );

  test("escaped it comes out as it went in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const line = text.replace(/[\r\n]/g, " ");
        const escaped = line.replace(/[!-/:-@[-`{-~]/g, "\\$&");
        expect(plainLine(escaped)).toBe(line.trim());
      }),
    );
  });

  test("a link whose URL has parentheses is read as the same link without them", () => {
    const url = fc.string({ unit: fc.constantFrom(..."a/:[]`*~é") });
    const seen = (markdown: string): string => plainLine(markdown, (text, to) => `${text} <${to}>`);
    fc.assert(
      fc.property(url, soup, (to, after) => {
        const rest = ` b${after.join("")}`.replace(/[`()\\]/g, "");
        expect(seen(`[a](${to}())${rest}`).replace("()>", ">")).toBe(seen(`[a](${to})${rest}`));
      }),
    );
  });

  test("nothing but marks is lost, and nothing but quotes is new", () => {
    fc.assert(
      fc.property(soup, (parts) => {
        const text = parts.join("");
        const words = (one: string) => one.replace(/[^aé😀]/gu, "");
        // A link's URL is lost. What only looks like a link once its marks are gone (`]*(*`) is none, and stays.
        if (!/\]\(/.test(text)) expect(words(plainLines(text))).toBe(words(text));
        expect(plainLines(text)).not.toMatch(/[^a-zé😀[\]()\\`'*~>#\s-]/u);
      }),
    );
  });

  test.each([
    "[",
    "](",
    "[a](",
    "[a](x",
    "`",
    "`` ` ",
    "**a ",
    "*a",
    "~~",
    "\\",
    "((",
    "))",
    "> ",
    "# ",
    " #",
    "[[a](b)",
  ])("64 times more of %j takes no more than some 64 times the steps", (part) => {
    const small = part.repeat(1_000);
    const large = part.repeat(64_000);
    // Quadratic, the large one would take minutes and the test its end.
    expect(plainLines(small).length).toBeLessThanOrEqual(small.length + 1);
    expect(plainLines(large).length).toBeLessThanOrEqual(large.length + 1);
    expect(plainLines(`${large} )`).length).toBeLessThanOrEqual(large.length + 3);
  });
});
