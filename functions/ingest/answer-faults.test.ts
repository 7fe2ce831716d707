import middy from "@middy/core";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import type { LogFields } from "../../lib/observability/log.ts";
import { undocumented } from "../../test/support/openapi-document.ts";
import { answerFaults, EARLY_MS, endEarly } from "./answer-faults.ts";
import type { Answer } from "./respond.ts";

// Nothing else of either is read.
const eventAt = (rawPath: string) =>
  ({
    rawPath,
    headers: {},
    requestContext: { requestId: "request-1", http: { method: "POST" } },
  }) as APIGatewayProxyEventV2;
const contextWith = (remainingMs: number) => ({ getRemainingTimeInMillis: () => remainingMs }) as Context;

/** The chain of ingest around some work, and what it logs. */
function chainAround(work: () => Promise<Answer>) {
  const lines: { readonly event: string; readonly fields: LogFields }[] = [];
  const metrics: object[] = [];
  const write = (name: string, fields: LogFields = {}): void => void lines.push({ event: name, fields });
  const observers = {
    log: { info: write, warn: write, error: write },
    recordMetrics: (_values: object, ...sets: readonly object[]) => void metrics.push(...sets),
  };
  const handle = middy<APIGatewayProxyEventV2, Answer>(endEarly).use(answerFaults(observers)).handler(work);
  const answer = (remainingMs: number, path = "/c/own") => handle(eventAt(path), contextWith(remainingMs));
  return { lines, metrics, answer };
}

describe("a request that takes longer than the function may", () => {
  test("is answered in our own shape before Lambda ends the function", async () => {
    const { answer, lines, metrics } = chainAround(() => new Promise(() => undefined));
    const answered = await answer(EARLY_MS + 20);
    expect(answered).toMatchObject({ statusCode: 503, headers: { "retry-after": "5" } });
    expect(JSON.parse(answered?.body ?? "")).toMatchObject({ code: "out_of_time", requestId: "request-1" });
    expect(lines).toMatchObject([
      { event: "ingest.failed", fields: { errorName: "OutOfTimeError", code: "out_of_time" } },
    ]);
    expect(metrics).toContainEqual({ code: "out_of_time" });
  });
});

describe("a fault that nobody foresaw", () => {
  test("is answered in our own shape, and tells nothing of what was worked on", async () => {
    const { answer, lines } = chainAround(() => Promise.reject(new TypeError("ana@example.com is no key")));
    const answered = await answer(60_000);
    expect(answered?.statusCode).toBe(500);
    expect(JSON.parse(answered?.body ?? "")).toMatchObject({
      code: "internal_error",
      requestId: "request-1",
    });
    expect(JSON.stringify([answered, lines])).not.toContain("ana@");
  });

  test.each([
    ["/v1/track", { "access-control-allow-origin": "*" }],
    ["/c/own", {}],
  ])("may be read by a page where pages send: %s", async (path, headers) => {
    const { answer } = chainAround(() => Promise.reject(new TypeError("no key")));
    const answered = await answer(60_000, path);
    expect(answered?.headers).toEqual({ "content-type": "application/json", ...headers });
    const { statusCode: status = 0, body: text = "" } = answered ?? {};
    expect(undocumented({ method: "POST", path, status, headers: answered?.headers ?? {}, text })).toEqual(
      [],
    );
  });
});
