import { expect, test } from "vitest";
import * as z from "zod";
import { queuedRecord } from "../../test/support/queued-record.ts";
import { type MessageKind, startBatch } from "./batch.ts";
import type { QueuedRecord } from "./copied-record.ts";

type Words = { readonly connection: string; readonly acceptedAt: number; readonly words: readonly string[] };

const words: MessageKind<Words> = {
  schema: z.object({ connection: z.string(), acceptedAt: z.number(), words: z.array(z.string()) }),
  countItems: (message) => message.words.length,
  timesOf: () => [],
  withItems: (message, kept) => ({ ...message, words: kept.flatMap((item) => message.words[item] ?? []) }),
};

function record(...said: readonly string[]): QueuedRecord {
  const body = { connection: "cdp", acceptedAt: 0, words: said };
  return queuedRecord(JSON.stringify(body), { id: said.join(" ") });
}

test("a message for which the work throws comes again, is told, and its neighbours go on", () => {
  const noted: [string, unknown][] = [];
  const batch = startBatch(words, (step, error) => noted.push([step, error]));
  const fault = new Error("of ours");
  batch.read([record("a"), record("b", "bad", "c"), record("d")], (message, firstItem) => {
    message.words.forEach((word, offset) => {
      if (word === "bad") throw fault;
      batch.settle(firstItem + offset, { kind: "delivered", how: "applied" });
    });
  });
  const internal = { kind: "retry", reason: "internal-error", delay: { kind: "backoff" } };
  expect(batch.outcomes(0).map(({ fates }) => fates)).toEqual([
    [{ kind: "delivered", how: "applied" }],
    [internal, internal, internal],
    [{ kind: "delivered", how: "applied" }],
  ]);
  expect(noted).toEqual([["message.take", fault]]);
});
