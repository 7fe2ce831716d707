import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { namesEndpointOfQueues } from "./environment.ts";

const VARIABLES = [
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_SQS",
  "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT",
];

beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test("without a variable a queue is where its URL says", () => {
  expect(namesEndpointOfQueues()).toBe(false);
});

test.each([
  ["AWS_ENDPOINT_URL_SQS", "http://localhost:1"],
  ["AWS_ENDPOINT_URL", "http://localhost:1"],
  ["AWS_USE_FIPS_ENDPOINT", "true"],
  ["AWS_USE_DUALSTACK_ENDPOINT", "true"],
])("%s goes before a queue's URL", (name, value) => {
  vi.stubEnv(name, value);
  expect(namesEndpointOfQueues()).toBe(true);
});
