import { afterAll, beforeAll, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../../test/support/temporary-folder.ts";
import { readBundledConnections } from "./bundled.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const right = {
  launchdarkly: { production: { clientSideId: "x", secret: "launchdarkly" } },
  connections: { engage: { source: "segment", secret: "engage", audiences: { to: ["production"] } } },
};

test("packaged connections are read and checked", async () => {
  const path = await folder.file("right.json", JSON.stringify(right));
  expect(readBundledConnections(path).connections.engage?.audiences.contextKind).toBe("user");
});

test("packaged connections that are not right stop the start with every problem", async () => {
  const path = await folder.file("wrong.json", JSON.stringify({ connections: { engage: { source: "x" } } }));
  expect(() => readBundledConnections(path)).toThrow(
    /connections\.engage\.source: .*\nconnections\.engage\.secret: .*\nconnections\.engage: /,
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
