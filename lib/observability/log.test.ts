import { describe, expect, test } from "vitest";
import { faultFields } from "./log.ts";

describe("an unforeseen error in the log", () => {
  test("says where it came from, and not what it says: that may be a payload", () => {
    const fields = faultFields(new TypeError("cannot read MEMBER-1\nat MEMBER-2"));
    expect(fields).toMatchObject({
      errorName: "TypeError",
      at: [expect.stringContaining("log.test.ts"), ...Array(7).fill(expect.any(String))],
    });
    expect(JSON.stringify(fields)).not.toContain("MEMBER");
  });

  test("may be anything that was thrown", () => {
    expect(faultFields("MEMBER-1")).toEqual({ errorName: "string" });
  });
});
