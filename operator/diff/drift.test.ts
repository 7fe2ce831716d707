import { expect, test } from "vitest";
import type { Entry } from "../../lib/audience/ledger/ledger.ts";
import { verdictOn } from "./drift.ts";

const entry = (action: "add" | "remove"): Entry => ({ version: [1, 1, 0, "m"], action, n: 1, at: 1 });
const LEDGER = { add: entry("add"), remove: entry("remove"), none: undefined };

test.each<[keyof typeof LEDGER, boolean | null, boolean | undefined, string]>([
  ["add", true, undefined, "same"],
  ["add", false, undefined, "add"],
  ["add", null, undefined, "unknown"],
  ["remove", true, undefined, "remove"],
  ["remove", false, undefined, "same"],
  ["remove", null, undefined, "unknown"],
  ["none", true, undefined, "remove"],
  ["none", false, undefined, "same"],
  ["none", null, undefined, "unknown"],
  ["add", true, true, "same"],
  ["add", false, true, "add"],
  ["add", null, true, "unknown"],
  ["remove", true, true, "add"],
  ["remove", false, true, "add"],
  ["remove", null, true, "add"],
  ["none", true, true, "add"],
  ["none", false, true, "add"],
  ["none", null, true, "add"],
  ["add", true, false, "remove"],
  ["add", false, false, "remove"],
  ["add", null, false, "remove"],
  ["remove", true, false, "remove"],
  ["remove", false, false, "same"],
  ["remove", null, false, "unknown"],
  ["none", true, false, "remove"],
  ["none", false, false, "same"],
  ["none", null, false, "unknown"],
])("ledger %s, LaunchDarkly %s, file %s: %s", (ledger, member, inFile, expected) => {
  const verdict = verdictOn({ kind: "user", key: "ana", entry: LEDGER[ledger], member }, inFile);
  expect(verdict.kind === "drift" ? verdict.drift.repair : verdict.kind).toBe(expected);
});
