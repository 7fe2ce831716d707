import { expect, test } from "vitest";
import { notCovered, type Statement } from "./policy.ts";

type Only = Parameters<typeof notCovered>[0];
const ANY: Only = { kinds: [], projects: [], environments: [], actions: [] };
const allow = (resource: string, action = "*"): Statement => ({
  effect: "allow",
  resources: [resource],
  actions: [action],
});
const ALL_FLAGS = allow("proj/*:env/*:flag/*");
const PRODUCTION = allow("proj/*:env/production:flag/*");

test.each<[string, Partial<Only>, readonly Statement[], readonly string[]]>([
  ["what names nothing takes what comes", {}, [PRODUCTION], []],
  ["what names nothing needs flags at all", {}, [allow("proj/*:env/*:segment/*")], ["changes of kind flag"]],
  ["an environment of all is covered", { environments: ["test"] }, [ALL_FLAGS], []],
  [
    "an environment beside production is not",
    { environments: ["production", "test"] },
    [PRODUCTION],
    ["changes of kind flag in test"],
  ],
  [
    "a project that another statement allows is covered",
    { projects: ["web"] },
    [allow("proj/app:env/*:flag/*"), allow("proj/w*:env/*:flag/*")],
    [],
  ],
  [
    "a kind that no statement allows is not",
    { kinds: ["flag", "segment"] },
    [ALL_FLAGS],
    ["changes of kind segment"],
  ],
  ["a project itself has a resource of its own", { kinds: ["project"] }, [allow("proj/*")], []],
  ["an environment itself too", { kinds: ["environment"] }, [allow("proj/*:env/*")], []],
  ["what is in no project too", { kinds: ["member"] }, [allow("member/*")], []],
  ["everything is everything", { kinds: ["flag", "member"] }, [allow("*")], []],
  [
    "an action is covered by its pattern",
    { actions: ["updateOn"] },
    [allow("proj/*:env/*:flag/*", "update*")],
    [],
  ],
  [
    "an action that is not sent is named",
    { actions: ["updateOn"] },
    [allow("proj/*:env/*:flag/*", "updateRules")],
    ["updateOn of kind flag"],
  ],
  [
    "behaviour stands for what changes most",
    { actions: ["behaviour"] },
    [allow("proj/*:env/*:flag/*", "updateOn")],
    ["updateRules of kind flag", "updateFallthrough of kind flag"],
  ],
  [
    "a denial wins",
    { environments: ["test"] },
    [ALL_FLAGS, { effect: "deny", resources: ["proj/*:env/test:flag/*"], actions: ["*"] }],
    ["changes of kind flag in test"],
  ],
  [
    "a denial of a part is none of the whole",
    {},
    [ALL_FLAGS, { effect: "deny", resources: ["proj/*:env/test:flag/*"], actions: ["*"] }],
    [],
  ],
  [
    "what is not among notResources is allowed",
    { environments: ["test"] },
    [{ effect: "allow", notResources: ["proj/*:env/production:flag/*"], actions: ["*"] }],
    [],
  ],
  [
    "and what is among them is not",
    { environments: ["production"] },
    [{ effect: "allow", notResources: ["proj/*:env/production:flag/*"], actions: ["*"] }],
    ["changes of kind flag in production"],
  ],
  [
    "notActions leave the others",
    { actions: ["updateOn", "updateTags"] },
    [{ effect: "allow", resources: ["proj/*:env/*:flag/*"], notActions: ["updateTags"] }],
    ["updateTags of kind flag"],
  ],
])("%s", (_name, only, statements, missing) => {
  expect(notCovered({ ...ANY, ...only }, statements)).toEqual(missing);
});
