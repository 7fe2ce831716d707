import { expect, test } from "vitest";
import { keyOf, readResource } from "./resource.ts";

test.each<[string, string, { readonly type: string; readonly key: string; readonly tags: string[] }[]]>([
  [
    "a flag in an environment",
    "proj/default:env/production:flag/demo-flag",
    [
      { type: "proj", key: "default", tags: [] },
      { type: "env", key: "production", tags: [] },
      { type: "flag", key: "demo-flag", tags: [] },
    ],
  ],
  [
    "tags on the way",
    " proj/sandbox;sandbox:env/test;qa_*,nightly:flag/f1;beta ",
    [
      { type: "proj", key: "sandbox", tags: ["sandbox"] },
      { type: "env", key: "test", tags: ["qa_*", "nightly"] },
      { type: "flag", key: "f1", tags: ["beta"] },
    ],
  ],
  ["a resource of the account", "webhook/5f2", [{ type: "webhook", key: "5f2", tags: [] }]],
  [
    "a token of any member",
    "member/*:token/*",
    [
      { type: "member", key: "*", tags: [] },
      { type: "token", key: "*", tags: [] },
    ],
  ],
  ["a type alone", "acct", [{ type: "acct", key: "", tags: [] }]],
  ["nothing", "", []],
])("reads %s", (_name, specifier, parts) => {
  expect(readResource(specifier)).toEqual(parts);
});

test("a key that a specifier does not have is undefined, and every one is `*`", () => {
  const parts = readResource("proj/default:env/*");
  expect([keyOf(parts, "proj"), keyOf(parts, "env"), keyOf(parts, "flag")]).toEqual([
    "default",
    "*",
    undefined,
  ]);
});
