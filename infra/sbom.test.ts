import { createRequire } from "node:module";
import { expect, test } from "vitest";

const { bundledSbom } = createRequire(import.meta.url)("./sbom.cjs");

const component = (name: string, version: string) => ({
  "bom-ref": `${name}@${version}`,
  name,
  version,
  scope: "optional",
  properties: [{ name: "cdx:npm:package:development", value: "true" }],
});
const WHOLE = {
  bomFormat: "CycloneDX",
  metadata: { component: { "bom-ref": "flagbridge@1.0.0", name: "clone-of-mine", type: "library" } },
  components: [component("sdk", "1.2.3"), component("sdk", "2.0.0"), component("tool", "1.0.0")],
  dependencies: [
    { ref: "flagbridge@1.0.0", dependsOn: ["sdk@1.2.3", "tool@1.0.0"] },
    { ref: "sdk@1.2.3", dependsOn: ["tool@1.0.0"] },
    { ref: "tool@1.0.0", dependsOn: ["sdk@2.0.0"] },
  ],
};
const APPLICATION = { name: "flagbridge" };

test("what no bundle has a part of is left out, another version of the same package too", () => {
  const { kind, document } = bundledSbom(WHOLE, { ingest: ["sdk@1.2.3"], other: ["sdk@1.2.3"] }, APPLICATION);
  expect(kind).toBe("made");
  expect(document.components).toEqual([
    {
      ...component("sdk", "1.2.3"),
      // A tool that needs it as well does not make it one of development.
      scope: "required",
      properties: [
        { name: "flagbridge:function", value: "ingest" },
        { name: "flagbridge:function", value: "other" },
      ],
    },
  ]);
  expect(document.dependencies).toEqual([
    { ref: "flagbridge@1.0.0", dependsOn: ["sdk@1.2.3"] },
    { ref: "sdk@1.2.3", dependsOn: [] },
  ]);
  expect(document.metadata.component).toMatchObject({ name: "flagbridge", type: "application" });
});

test("a package that is bundled and not in the lockfile is named, and no bill is made", () => {
  expect(bundledSbom(WHOLE, { ingest: ["sdk@1.2.3", "stray@0.1.0"] }, APPLICATION)).toEqual({
    kind: "unknown",
    unknown: ["stray@0.1.0"],
  });
});
