import { expect, test } from "vitest";
import { startSchedule } from "./schedule.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };

test("a schedule invokes at once and again and again, with the event of EventBridge", async () => {
  const events: unknown[] = [];
  const schedule = startSchedule({ everyMs: 5, invoke: async (event) => events.push(event) });
  await expect.poll(() => events.length, patiently).toBeGreaterThan(2);
  await schedule.stop();
  expect(events[0]).toMatchObject({ source: "aws.events", "detail-type": "Scheduled Event", detail: {} });
});

test("a failure puts nothing off, and invocations never overlap", async () => {
  let [running, most, count] = [0, 0, 0];
  const invoke = async (): Promise<void> => {
    count += 1;
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running -= 1;
    throw new Error("failed");
  };
  const schedule = startSchedule({ everyMs: 1, invoke });
  await expect.poll(() => count, patiently).toBeGreaterThan(2);
  await schedule.stop();
  expect(most).toBe(1);
});

test("a stop waits for the invocation that runs, and nothing is invoked after it", async () => {
  let release = (): void => {};
  let count = 0;
  const invoke = (): Promise<void> => {
    count += 1;
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const schedule = startSchedule({ everyMs: 1, invoke });
  let isStopped = false;
  const stopped = schedule.stop().then(() => {
    isStopped = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isStopped).toBe(false);
  release();
  await stopped;
  expect(count).toBe(1);
});
