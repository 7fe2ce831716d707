import { describe, expect, test } from "vitest";
import { queuedRecord } from "../../test/support/queued-record.ts";
import { attributesOfCopy, deliveryOf, type QueuedRecord } from "./copied-record.ts";

const DAY_MS = 86_400_000;
const sentAtMs = 1_800_000_000_000;

function record(attributes: Readonly<Record<string, string>>, sentAt = sentAtMs): QueuedRecord {
  return queuedRecord("{}", {
    receives: 2,
    sentAtMs: sentAt,
    firstReceivedAtMs: sentAt + 1_000,
    attributes,
  });
}

const copy = {
  copiedAt: String(sentAtMs),
  queuedAt: String(sentAtMs - DAY_MS),
  firstReceivedAt: String(sentAtMs - DAY_MS + 5),
  receives: "40",
};
const fresh = { earlierReceives: 0, firstReceivedAtMs: sentAtMs + 1_000, queuedAtMs: sentAtMs };

describe("what a message says of its delivery", () => {
  test("is SQS's word where there is no other", () => {
    expect(deliveryOf(record({}))).toMatchObject({ ...fresh, receives: 2, sentAtMs });
  });

  test("is in a copy what its original knew, and in the copy's copy too", () => {
    const delivery = deliveryOf(record(copy));
    expect(delivery).toMatchObject({
      receives: 2,
      earlierReceives: 40,
      queuedAtMs: sentAtMs - DAY_MS,
      firstReceivedAtMs: sentAtMs - DAY_MS + 5,
    });
    expect(attributesOfCopy(delivery, 7)).toEqual({ ...copy, copiedAt: "7", receives: "42" });
  });

  test("begins anew when somebody has moved the copy since, so that it has its full time", () => {
    const moved = sentAtMs + 13 * DAY_MS;
    expect(deliveryOf(record(copy, moved))).toMatchObject({ earlierReceives: 0, queuedAtMs: moved });
  });

  test("is never younger than SQS says", () => {
    const future = String(sentAtMs + 90 * DAY_MS);
    const delivery = deliveryOf(record({ ...copy, queuedAt: future, firstReceivedAt: future }));
    expect(delivery).toMatchObject({ queuedAtMs: sentAtMs, firstReceivedAtMs: sentAtMs + 1_000 });
    expect(deliveryOf(record({ ...copy, copiedAt: future }))).toMatchObject(fresh);
  });

  test.each([
    { receives: "many" },
    { receives: "-1" },
    { receives: "1e3" },
    { receives: "9999999" },
    { queuedAt: "" },
    { queuedAt: "9".repeat(40) },
    { firstReceivedAt: "2026-01-01" },
    { copiedAt: " 1" },
  ])("leaves out attributes that are not right: %j", (wrong) => {
    expect(deliveryOf(record({ ...copy, ...wrong }))).toMatchObject(fresh);
  });
});
