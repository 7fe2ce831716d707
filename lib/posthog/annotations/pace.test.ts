import { expect, test } from "vitest";
import { REQUESTS_PER_HOUR, REQUESTS_PER_MINUTE, startPace } from "./pace.ts";

test("a minute takes as many requests as it may, and the next one starts when the first is a minute old", () => {
  const pace = startPace();
  for (let index = 0; index < REQUESTS_PER_MINUTE; index += 1) expect(pace.start(index)).toBeUndefined();
  expect(pace.start(1_000)).toBe(60_000);
  expect(pace.start(60_000)).toBeUndefined();
  expect(pace.start(60_000)).toBe(60_001);
});

test("an hour takes as many requests as it may", () => {
  const pace = startPace();
  const everyMs = 1_000;
  for (let index = 0; index < REQUESTS_PER_HOUR; index += 1)
    expect(pace.start(index * everyMs)).toBeUndefined();
  expect(pace.start(REQUESTS_PER_HOUR * everyMs)).toBe(3_600_000);
  expect(pace.start(3_600_000)).toBeUndefined();
});

test("two forwarders together stay within what PostHog allows", () => {
  expect(2 * REQUESTS_PER_MINUTE).toBeLessThanOrEqual(480);
  expect(2 * REQUESTS_PER_HOUR).toBeLessThanOrEqual(4_800);
});
