import { join } from "node:path";
import { expect, test } from "vitest";
import { readMeanings } from "./meanings.ts";

test("the reasons that people meet have a meaning, in plain text", () => {
  const meanings = readMeanings(join(import.meta.dirname, "../docs/errors.md"));
  expect(meanings["refused-by-launchdarkly"]).toMatch(/^LaunchDarkly answered 400, 413 or 422 to .+\.$/);
  for (const reason of ["invalid-message", "refused-by-posthog", "undeliverable", "approval-required"])
    expect(meanings[reason], reason).toMatch(/^\w[^[\]`|]+[.)]$/);
  expect(Object.keys(meanings).length).toBeGreaterThan(30);
});

test("without the page there is none", () => {
  expect(readMeanings("/nowhere/errors.md")).toEqual({});
});
