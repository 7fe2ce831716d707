import { expect, test } from "vitest";
import { unread } from "./closed-batch.ts";

test("a copy that is put back unread is as old as what it is a copy of", () => {
  const sentAtMs = 1_800_000_000_000;
  const text = (value: number) => ({ stringValue: String(value) });
  const copy = {
    messageId: "id",
    receiptHandle: "handle",
    body: "{}",
    attributes: {
      ApproximateReceiveCount: "1",
      ApproximateFirstReceiveTimestamp: String(sentAtMs),
      SentTimestamp: String(sentAtMs),
    },
    messageAttributes: {
      copiedAt: text(sentAtMs),
      queuedAt: text(sentAtMs - 86_400_000),
      firstReceivedAt: text(sentAtMs - 86_400_000),
      receives: text(9),
    },
  };
  const closed = { why: "credential-refused", untilMs: sentAtMs + 900_000 } as const;
  expect(unread(copy, closed)).toMatchObject({ acceptedAt: sentAtMs - 86_400_000 });
});
