import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mutated } from "../../test/support/mutated-json.ts";
import { audienceOperationsMessage, isAudienceOperationsMessage } from "./audience-operations.ts";
import { erasureRequestMessage, isErasureRequestMessage } from "./erasure-request.ts";
import { flagQueueMessage, isFlagQueueMessage, LATEST_MS } from "./flag-changes.ts";
import { isMetricEventsMessage, metricEventsMessage } from "./metric-events.ts";
import { readMessage } from "./read-message.ts";

const text = fc.string({ minLength: 1, maxLength: 5 });
const count = fc.oneof(fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));
const time = fc.maxSafeInteger();
const common = { key: text, at: time, index: count, id: text };
const jsonObject = fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }));

const operations = fc.record({
  v: fc.constant(1),
  kind: fc.constant("audience.operations"),
  connection: text,
  acceptedAt: count,
  segments: fc.array(fc.record({ id: text, name: text, kind: text }), { minLength: 1, maxLength: 3 }),
  operations: fc.array(
    fc.record({ segment: fc.nat({ max: 3 }), action: fc.constantFrom("add", "remove"), ...common }),
    { minLength: 1, maxLength: 3 },
  ),
});

const events = fc.record({
  v: fc.constant(1),
  kind: fc.constant("metric.events"),
  connection: text,
  acceptedAt: count,
  events: fc.array(
    fc.oneof(
      fc.record(
        {
          type: fc.constant("custom"),
          contextKeys: fc.dictionary(text, text, { minKeys: 1 }),
          value: fc.double({ noNaN: true, noDefaultInfinity: true }),
          data: jsonObject,
          ...common,
        },
        { requiredKeys: ["type", "contextKeys", "key", "at", "index", "id"] },
      ),
      fc.record({ type: fc.constant("alias"), previousKey: text, ...common }),
    ),
    { minLength: 1, maxLength: 3 },
  ),
});

const anyText = fc.string({ maxLength: 5 });
const named = fc.record({ id: anyText, name: anyText });
const change = {
  ...{ id: text, entryId: anyText, accountId: anyText, index: count, kind: text, name: anyText },
  at: fc.oneof(time, fc.constantFrom(LATEST_MS, LATEST_MS + 1, -LATEST_MS, -LATEST_MS - 1)),
  ...{ title: anyText, titleVerb: anyText, description: anyText, comment: anyText, site: anyText },
  accesses: fc.array(
    fc.record(
      { action: anyText, resource: anyText, on: fc.boolean() },
      { requiredKeys: ["action", "resource"] },
    ),
    { maxLength: 2 },
  ),
  tags: fc.array(anyText, { maxLength: 2 }),
};
const changes = fc.record(
  {
    v: fc.constant(1),
    kind: fc.constantFrom("flag.change", "flag.annotation"),
    connection: text,
    acceptedAt: count,
    isHistorical: fc.boolean(),
    changes: fc.array(
      fc.record(
        {
          ...change,
          relatedFlag: anyText,
          isCut: fc.boolean(),
          member: fc.record({ id: anyText, email: anyText, firstName: anyText, lastName: anyText }),
          token: named,
          app: named,
        },
        {
          requiredKeys: [
            "id",
            "entryId",
            "accountId",
            "index",
            "kind",
            "name",
            "at",
            "title",
            "titleVerb",
            "description",
            "comment",
            "site",
            "accesses",
            "tags",
          ],
        },
      ),
      { minLength: 1, maxLength: 3 },
    ),
  },
  { requiredKeys: ["v", "kind", "connection", "acceptedAt", "changes"] },
);

const erasures = fc.record({
  ...{ v: fc.constant(1), kind: fc.constant("erasure.request"), connection: text, acceptedAt: count },
  ...{ requestId: text, index: count },
  contexts: fc.array(fc.record({ kind: text, key: text }), { minLength: 1, maxLength: 3 }),
});

describe.each([
  ["erasure requests", erasures, isErasureRequestMessage, erasureRequestMessage],
  ["audience operations", operations, isAudienceOperationsMessage, audienceOperationsMessage],
  ["metric events", events, isMetricEventsMessage, metricEventsMessage],
  ["flag changes", changes, isFlagQueueMessage, flagQueueMessage],
] as const)("the quick look at %s", (_name, right, isRight, schema) => {
  test("passes exactly what the schema passes", () => {
    let passed = 0;
    fc.assert(
      fc.property(fc.oneof(right, mutated(right), withOneMore(right)), (value) => {
        // As it comes out of the queue.
        const message: unknown = JSON.parse(JSON.stringify(value));
        const parsed = schema.safeParse(message);
        if (parsed.success) passed += 1;
        expect(isRight(message)).toBe(parsed.success);
        if (parsed.success) expect(parsed.data).toEqual(message);
      }),
      { numRuns: 3_000 },
    );
    expect(passed).toBeGreaterThan(300);
  });

  test.each([null, [], "text", 1, {}])("does not pass %j", (value) => {
    expect(isRight(value)).toBe(false);
  });
});

test("a number beyond all numbers is not passed, as the schema does not", () => {
  const json =
    '{"type":"custom","key":"k","contextKeys":{"user":"a"},"value":1e999,"at":1,"index":0,"id":"i"}';
  const message = {
    v: 1,
    kind: "metric.events",
    connection: "c",
    acceptedAt: 1,
    events: [JSON.parse(json)],
  };
  expect(isMetricEventsMessage(message)).toBe(false);
  expect(metricEventsMessage.safeParse(message).success).toBe(false);
});

/** Something too much, in the message or in the first of its items. */
function withOneMore(right: fc.Arbitrary<object>): fc.Arbitrary<unknown> {
  return fc
    .tuple(right, fc.constantFrom("extra", "__proto__"), fc.boolean())
    .map(([message, name, inside]): unknown => {
      const extra = JSON.parse(`{"${name}":1}`);
      if (!inside) return { ...message, ...extra };
      return Object.fromEntries(
        Object.entries(message).map(([member, value]) => [
          member,
          Array.isArray(value) ? value.map((item) => ({ ...item, ...extra })) : value,
        ]),
      );
    });
}

test.each([
  ["{", "The message is not JSON."],
  ['{"v":1}', "kind: expected audience.operations; connection: expected a text that is not empty"],
  ["[]", "message: expected an object with the members of this version and no others"],
])("of the message %s operators read what was expected", (body, cause) => {
  const shape = { schema: audienceOperationsMessage, isRight: isAudienceOperationsMessage };
  expect(readMessage(shape, body)).toEqual({ kind: "unreadable", cause: expect.stringContaining(cause) });
});
