import { expect, test } from "vitest";
import type { FlagChange } from "../../messages/flag-changes.ts";
import { annotationOf, MAX_CONTENT_CHARS } from "./transform.ts";

const change: FlagChange = {
  id: "5e38",
  entryId: "5e38",
  accountId: "",
  at: 1_580_777_319_650,
  index: 0,
  kind: "flag",
  name: "Demo flag",
  title:
    "[Ana Lima](mailto:ana@example.com) turned on the flag [Demo flag](https://x.example) in `Production`",
  titleVerb: "turned on the flag",
  description: "",
  comment: "",
  accesses: [],
  tags: [],
  site: "/default/production/features/demo-flag",
  member: { id: "1", email: "ana@example.com", firstName: "Ana", lastName: "Lima" },
};
const settings = { memberDetails: true, appUrl: "https://app.launchdarkly.com" };

test("an annotation says what changed, where to see it, and its marker, at the exact time", () => {
  expect(annotationOf(change, settings)).toEqual({
    marker: "[ld:5e38]",
    body: {
      content:
        "Ana Lima turned on the flag Demo flag in 'Production'\nhttps://app.launchdarkly.com/default/production/features/demo-flag\n[ld:5e38]",
      date_marker: "2020-02-04T00:48:39.650Z",
      scope: "project",
      creation_type: "GIT",
    },
  });
});

test("an annotation without member details names nobody", () => {
  const { content } = annotationOf(change, { ...settings, memberDetails: false }).body;
  expect(content).toContain("turned on the flag Demo flag");
  expect(content).not.toMatch(/ana|lima|@/i);
});

test("an annotation of a change without a title and a link says what there is", () => {
  const { content } = annotationOf({ ...change, title: "", titleVerb: "", site: "" }, settings).body;
  expect(content).toBe("flag Demo flag\n[ld:5e38]");
});

test("an annotation that is too long is cut, and keeps its link and its marker", () => {
  const { content } = annotationOf({ ...change, title: "x".repeat(20_000) }, settings).body;
  expect(content.length).toBe(MAX_CONTENT_CHARS);
  expect(content).toMatch(/x…\nhttps:\S+\n\[ld:5e38\]$/);
});
