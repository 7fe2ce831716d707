import { describe, expect, test } from "vitest";
import type { MetricEvent } from "../../messages/metric-events.ts";
import { wireEvent } from "./transform.ts";

const custom: MetricEvent = {
  type: "custom",
  key: "Order Completed",
  contextKeys: { user: "user1234", unauthenticatedUser: "anon" },
  at: 1_648_661_098_000,
  index: 0,
  id: "m1",
  value: 123.456,
  data: { revenue: 123.456 },
};

describe("an event as LaunchDarkly takes it", () => {
  test("has its context keys, its time in milliseconds, its value and its properties", () => {
    expect(wireEvent(custom, { eventSchema: 4, contextKind: "user" })).toEqual({
      kind: "custom",
      key: "Order Completed",
      contextKeys: { user: "user1234", unauthenticatedUser: "anon" },
      creationDate: 1_648_661_098_000,
      metricValue: 123.456,
      data: { revenue: 123.456 },
    });
  });

  test("has neither value nor properties when it came without", () => {
    const { value: _, data: __, ...bare } = custom;
    expect(
      Object.keys(JSON.parse(JSON.stringify(wireEvent(bare, { eventSchema: 4, contextKind: "user" })))),
    ).toEqual(["kind", "key", "contextKeys", "creationDate"]);
  });

  test("has the key of the connection's kind as user key in schema 3", () => {
    expect(wireEvent(custom, { eventSchema: 3, contextKind: "user" })).toMatchObject({ userKey: "user1234" });
    expect(wireEvent(custom, { eventSchema: 3, contextKind: "user" })).not.toHaveProperty("contextKeys");
  });

  test("of two identities of one user is the legacy alias", () => {
    const alias: MetricEvent = {
      type: "alias",
      key: "user1234",
      previousKey: "anon",
      at: 1,
      index: 0,
      id: "m1",
    };
    expect(wireEvent(alias, { eventSchema: 4, contextKind: "user" })).toEqual({
      kind: "alias",
      key: "user1234",
      previousKey: "anon",
      contextKind: "user",
      previousContextKind: "anonymousUser",
      creationDate: 1,
    });
  });
});
