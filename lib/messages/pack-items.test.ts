import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type MetricEvent, metricEventsMessage } from "./metric-events.ts";
import { MAX_MESSAGE_BYTES } from "./pack.ts";
import { packMetricEvents } from "./pack-items.ts";

const event: fc.Arbitrary<MetricEvent> = fc.record({
  type: fc.constant("custom" as const),
  key: fc.string({ minLength: 1, unit: "binary" }),
  contextKeys: fc.constant({ user: "ana" }),
  data: fc.dictionary(fc.string(), fc.string({ unit: "binary", maxLength: 2_000 })),
  at: fc.nat(),
  index: fc.nat(9),
  id: fc.string({ minLength: 1 }),
});

test("every event comes back in order, and no message is larger than it may be", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const bodies = packMetricEvents({ connection: "cdp", acceptedAt: 1_800_000_000_000, events });
      for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      const read = bodies.flatMap((body) => metricEventsMessage.parse(JSON.parse(body)).events);
      expect(read).toEqual(JSON.parse(JSON.stringify(events)));
    }),
    { numRuns: 60 },
  );
});

test("where a message ends does not depend on when the request came", () => {
  const events: MetricEvent[] = Array.from({ length: 900 }, (_, index) => ({
    type: "custom",
    key: "bought",
    contextKeys: { user: `user-${index}` },
    at: 1,
    index,
    id: `event-${index}`,
  }));
  const sizes = (acceptedAt: number) =>
    packMetricEvents({ connection: "cdp", acceptedAt, events }).map(
      (body) => metricEventsMessage.parse(JSON.parse(body)).events.length,
    );
  expect(sizes(0)).toEqual(sizes(1_800_000_000_000));
  expect(sizes(0).length).toBeGreaterThan(1);
});
