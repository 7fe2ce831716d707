import middy from "@middy/core";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { httpSession } from "../../functions/http-session.ts";
import {
  type Invocation,
  type QueueContext,
  type QueueResult,
  type SettleSettings,
  settleRecords,
} from "../../functions/settle-records.ts";

/** The chain of a function that consumes a queue, as its handler has it, without Powertools. */
export function queueHandler(
  settings: SettleSettings,
  work: (records: readonly SQSRecord[], invocation: Invocation) => Promise<QueueResult>,
): (records: readonly SQSRecord[], remainingMs: () => number) => Promise<SQSBatchResponse> {
  const handle = middy<SQSEvent, QueueResult, Error, QueueContext>()
    .use(httpSession())
    .use(settleRecords(settings))
    .handler(({ Records }, invocation) => work(Records, invocation));
  return async (records, remainingMs) => {
    // The middlewares add the rest of the context before the work sees it.
    const context = { getRemainingTimeInMillis: remainingMs } as Context as QueueContext;
    const answer = await handle({ Records: [...records] }, context);
    if (!answer || !("batchItemFailures" in answer)) throw new Error("the chain has settled nothing");
    return answer;
  };
}
