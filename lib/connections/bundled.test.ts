import { afterAll, beforeAll, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../../test/support/temporary-folder.ts";
import { bundledConnections, readBundledConnections } from "./bundled.ts";
import { checkConnections } from "./load.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const checked = checkConnections({
  launchdarkly: { production: { clientSideId: "x", secret: "launchdarkly" } },
  connections: {
    // Names like a number change places in an object, and this one is no member of a literal.
    ...JSON.parse('{"7":{"source":"flagbridge","secret":"seven","audiences":{"to":["production"]}}}'),
    engage: { source: "segment", secret: "engage", audiences: { to: ["production"] } },
  },
});
if (!checked.ok) throw new Error(checked.problems.join("\n"));
const packaged = bundledConnections(checked.connections);

test("packaged connections are read as they were checked, every default in place", async () => {
  const read = readBundledConnections(await folder.file("right.json", packaged));
  expect(read).toEqual(checked.connections);
  expect(read.connections.engage?.audiences.contextKind).toBe("user");
});

test("packaged connections may be laid out anew: their meaning is sealed", async () => {
  const pretty = JSON.stringify(JSON.parse(packaged), null, 2);
  expect(readBundledConnections(await folder.file("pretty.json", pretty))).toEqual(checked.connections);
});

test.each([
  ["changed by hand", packaged.replace('"engage"', '"Engage"')],
  ["without their seal", JSON.stringify(checked.connections)],
  ["empty", "{}"],
  ["null", "null"],
])("packaged connections that are %s stop the start, and say what to do", async (name, text) => {
  const path = await folder.file(`${name}.json`, text);
  expect(() => readBundledConnections(path)).toThrow(
    `${path}: expected what the build wrote, found something else: change connections.yml and run npm run build`,
  );
});

test.each([
  ["missing", undefined],
  ["not JSON", "{"],
])("a file that is %s says how it comes to be", async (name, text) => {
  const path = text === undefined ? `${folder.path}/none.json` : await folder.file(`${name}.json`, text);
  expect(() => readBundledConnections(path)).toThrow(
    `${path}: expected the JSON that the build writes: run npm run build`,
  );
});
