import { describe, expect, test } from "vitest";
import { checkConnections } from "./load.ts";

describe("a file that is about something else", () => {
  test("is one problem, which says what was found", () => {
    const packageJson = {
      name: "shop",
      version: "1",
      type: "module",
      scripts: {},
      dependencies: {},
      engines: {},
    };
    expect(checkConnections(packageJson)).toEqual({
      ok: false,
      problems: [
        "expected a connections file, with launchdarkly, posthog and connections at its top; " +
          "found name, version, type, scripts, dependencies and 1 more: name another file, or start from connections.example.yml",
      ],
    });
  });

  test("is not one whose only fault is a misspelt section", () => {
    const { ok, ...rest } = checkConnections({ launchdarkley: {}, conections: {} });
    expect(ok).toBe(false);
    expect(JSON.stringify(rest)).not.toContain("expected a connections file");
  });
});
