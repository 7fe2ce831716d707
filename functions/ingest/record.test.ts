import { describe, expect, test } from "vitest";
import { type IngestRecord, observe } from "./record.ts";

/** What is recorded of a request, as `metric:value by dimensions`. */
function recorded(record: Partial<IngestRecord>): string[] {
  const metrics: string[] = [];
  const silent = () => {};
  observe(
    { requestId: "request-1", route: "connection", status: 200, ms: 1, connection: "shop", ...record },
    {
      log: { info: silent, warn: silent, error: silent },
      recordMetrics: (values, ...sets) => {
        for (const set of sets.length === 0 ? [{}] : sets) {
          const by = Object.entries(set).map(([name, value]) => `${name}=${value}`);
          for (const [name, value] of Object.entries(values))
            if (value !== 0) metrics.push([`${name}:${value}`, ...by].join(" "));
        }
      },
    },
  );
  return metrics;
}

describe("rejected items are counted", () => {
  test("for the function, by connection, and by connection and code", () => {
    expect(recorded({ accepted: 3, ignored: {}, rejected: { invalid_item: 2 } })).toEqual([
      "ItemsAccepted:3",
      "ItemsRejected:2",
      "ItemsAccepted:3 connection=shop",
      "ItemsRejected:2 connection=shop",
      "ItemsRejected:2 connection=shop code=invalid_item",
    ]);
  });

  test("once more when nothing of the request could be used, also beside what was ignored", () => {
    const metrics = recorded({ accepted: 3, ignored: { page: 3 }, rejected: { invalid_item: 2 } });
    expect(metrics).toContain("ItemsOfRejectedRequests:2");
    expect(metrics).toContain("ItemsOfRejectedRequests:2 connection=shop");
  });

  test("also when the request was refused because none of its items was usable", () => {
    const metrics = recorded({ status: 400, code: "no_usable_item", rejected: { missing_context_key: 7 } });
    expect(metrics).toContain("ItemsOfRejectedRequests:7 connection=shop");
    expect(metrics).toContain("RequestsRefused:1 code=no_usable_item");
  });
});

test("a request of calls that mean nothing has lost nothing", () => {
  const metrics = recorded({ accepted: 2, ignored: { page: 2 }, rejected: {} });
  expect(metrics).toEqual(["ItemsAccepted:2", "ItemsAccepted:2 connection=shop"]);
});
