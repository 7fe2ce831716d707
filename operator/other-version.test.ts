import { expect, test } from "vitest";
import { otherVersion } from "./other-version.ts";

const stage = {
  kind: "stage",
  stage: "prod",
  region: "us-east-1",
  accountId: "1",
  url: "https://x",
} as const;
const local = { kind: "local", url: "http://localhost:3000", region: "us-east-1", accountId: "0" } as const;
const deployed = (version: string | undefined) => ({ version, connectionsDigest: undefined });

test.each(["0.0.9", "0.2.0"])("a stage of version %s is told apart from this one", (version) => {
  expect(otherVersion({ where: stage, deployed: deployed(version) }, "0.1.0")).toContain(
    `Stage prod runs version ${version}, and this clone is 0.1.0`,
  );
});

test.each([
  ["the same version", stage, "0.1.0"],
  ["a stage that does not say", stage, undefined],
  ["the local stack", local, undefined],
])("of %s there is nothing to say", (_, where, version) => {
  expect(otherVersion({ where, deployed: deployed(version) }, "0.1.0")).toBeUndefined();
});
