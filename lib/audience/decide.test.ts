import { describe, expect, test } from "vitest";
import type { Version } from "../messages/version.ts";
import { BELIEF_MS, decide } from "./decide.ts";
import type { Entry, Hold } from "./ledger/ledger.ts";

const older: Version = [1, 1, 0, "a"];
const middle: Version = [2, 2, 0, "a"];
const newer: Version = [3, 3, 0, "a"];
const entry: Entry = { version: middle, action: "add", n: 5, at: 1_000 };
const hold = (dirty: number): Hold => ({
  segment: { environment: "e", segment: "s" },
  n: 6,
  untilMs: 60_000,
  dirty,
});

describe("an operation read under the hold", () => {
  test("is sent when the ledger knows nothing of the member", () => {
    expect(decide({ action: "remove", version: older }, undefined, hold(0), 1_000)).toBe("send");
  });

  test.each([
    ["older", older],
    ["the same", middle],
  ])("that is %s is stale, whatever it says and however doubtful the last hold was", (_, version) => {
    expect(decide({ action: "remove", version }, entry, hold(5), 1_000)).toBe("stale");
  });

  test("that is newer and says the opposite is sent", () => {
    expect(decide({ action: "remove", version: newer }, entry, hold(0), 1_000)).toBe("send");
  });

  test("that is newer and says the same changes nothing", () => {
    expect(decide({ action: "add", version: newer }, entry, hold(4), 1_000)).toBe("unchanged");
  });

  test("that says the same as an entry in doubt is sent", () => {
    expect(decide({ action: "add", version: newer }, entry, hold(5), 1_000)).toBe("send");
  });

  test("that says the same as yesterday's entry is sent, so that hand edits heal", () => {
    expect(decide({ action: "add", version: newer }, entry, hold(0), 1_000 + BELIEF_MS - 1)).toBe(
      "unchanged",
    );
    expect(decide({ action: "add", version: newer }, entry, hold(0), 1_000 + BELIEF_MS)).toBe("send");
  });
});
