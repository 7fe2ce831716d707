import { expect, test } from "vitest";
import { madeOf } from "./item-step.ts";

test("an item of which a step makes something goes on with it", () => {
  expect(madeOf(() => encodeURIComponent("a b"))).toEqual({ kind: "made", value: "a%20b" });
});

test.each<[string, () => unknown, string]>([
  ["text that is no Unicode", () => encodeURIComponent("ana\ud800"), "URIError"],
  ["text that is no JSON", () => JSON.parse("ana"), "SyntaxError"],
])("an item over whose %s a step throws is dead, with a cause that quotes nothing of it", (_, step, name) => {
  const made = madeOf(step);
  expect(made).toMatchObject({ kind: "unmade", fate: { kind: "dead", reason: "invalid-message" } });
  expect(JSON.stringify(made)).toContain(name);
  expect(JSON.stringify(made)).not.toContain("ana");
});
