import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

export type ScheduleConfig = {
  readonly everyMs: number;
  readonly invoke: (event: unknown) => Promise<unknown>;
};

export type Schedule = {
  /** Invokes no more, and resolves when the invocation that runs has ended. */
  readonly stop: () => Promise<void>;
};

/**
 * An EventBridge rule with a rate: invokes at once, then every `everyMs`. An invocation that takes longer puts the next one
 * off, where AWS would run both at a time. What fails is in the function's log, and the next one comes as planned.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
 */
export function startSchedule({ everyMs, invoke }: ScheduleConfig): Schedule {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const dueMs = Date.now() + everyMs;
      await invoke(scheduledEvent(Date.now())).catch(() => {});
      await sleep(Math.max(0, dueMs - Date.now()), undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const done = run();
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html */
export function scheduledEvent(nowMs: number) {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: "000000000000",
    time: new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z"),
    region: "us-east-1",
    resources: ["arn:aws:events:us-east-1:000000000000:rule/local"],
    detail: {},
  };
}
