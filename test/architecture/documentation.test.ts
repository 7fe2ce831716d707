import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pages = globSync("**/*.md", { cwd: root, exclude: ["**/node_modules"] });

test("every link between pages leads somewhere", () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page} links to ${target}, which is not there`),
  );
  expect(broken).toEqual([]);
});

test("CI runs the command that the README gives for the tests, what needs Python where it is there, then test:sdks, and nothing else", () => {
  const commands = read(".ci/run")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(#|set |cd |if |else$|fi$|echo )/.test(line));
  const notInReadme = ["npm run test:openapi", "npm run test:deploy", "npm run test:sdks"];
  expect(commands.slice(-notInReadme.length)).toEqual(notInReadme);
  expect(read("README.md")).toContain(`\n${commands.slice(0, -notInReadme.length).join(" && ")} `);
  // A command in the middle of such a list may fail, and the script would go on.
  expect(commands.filter((command) => command.includes("&&"))).toEqual([]);
});

test("every npm script and every file that a page's commands name is there", () => {
  const { scripts } = JSON.parse(read("package.json"));
  const missing = pages.flatMap((page) =>
    [...read(page).matchAll(/```sh\n([\s\S]*?)```/g)]
      .flatMap(([, block = ""]) => [
        ...[...block.matchAll(/npm run ([\w:-]+)/g)].filter(([, script = ""]) => !(script in scripts)),
        ...[...block.matchAll(/(?:node|-p) ([\w./-]+\.(?:ts|json))/g)].filter(
          ([, path = ""]) => !existsSync(join(root, path)),
        ),
      ])
      .map(([command]) => `${page}: ${command}`),
  );
  expect(missing).toEqual([]);
});

test("the sources' pages name the versions of the vendors' clients that the tests run", () => {
  const versions = [
    ...read("test/sdks/python/requirements.in").matchAll(/^([\w-]+)==(.+)$/gm),
    ...read("test/sdks/go/go.mod").matchAll(/^\t(github\.com\S+analytics-go\/v\d) v(\S+)$/gm),
    ...read("test/sdks/java/pom.xml").matchAll(
      /<groupId>(com\.segment\.\S+)<[\s\S]*?<version>(.+)<\/version>/g,
    ),
    ...read("test/sdks/browser/package.json").matchAll(/"(@.+)": "(.+)"/g),
    ...read("package.json").matchAll(/"(@(?:segment|rudderstack)\/.+)": "(.+)"/g),
  ].map(([, client = "", version = ""]) => ({ client, version }));
  const sources = pages.filter((page) => page.startsWith("docs/sources/")).map(read);
  const unnamed = versions.filter(
    ({ client, version }) => !sources.some((text) => text.includes(`\`${client}\` ${version} `)),
  );
  expect(versions).toHaveLength(12);
  expect(unnamed).toEqual([]);
});

test("every link to a section leads to a heading", () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
  const headingsOf = (page: string) =>
    [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading));
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*\.md)?#([^)\s]+)\)/g)]
      .map(([, target, section = ""]) => ({ target: target ? join(dirname(page), target) : page, section }))
      .filter(
        ({ target, section }) => existsSync(join(root, target)) && !headingsOf(target).includes(section),
      )
      .map(({ target, section }) => `${page} links to ${target}#${section}, where there is no such heading`),
  );
  expect(broken).toEqual([]);
});
