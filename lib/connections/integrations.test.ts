import { expect, test } from "vitest";
import { onlyContextKind } from "./integrations.ts";

test.each([
  [{ writer: "synced" }, "user"],
  [{ writer: "synced", integration: "rudderstack" }, undefined],
  [{ writer: "big" }, undefined],
  [{ writer: "list" }, undefined],
] as const)(
  "%j of a source whose integration has no place for the kind takes %s alone",
  (audiences, kind) => {
    expect(onlyContextKind(audiences, "zeotap")).toBe(kind);
  },
);
