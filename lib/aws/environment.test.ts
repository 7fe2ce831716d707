import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { endpointOf, endpointOfQueue } from "./environment.ts";

const dynamodb = {
  id: "DYNAMODB",
  name: "dynamodb",
  targetPrefix: "DynamoDB_20120810",
  jsonVersion: "1.0",
} as const;

beforeEach(() => {
  vi.stubEnv("AWS_ENDPOINT_URL", "");
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", "");
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  ["us-east-1", "https://dynamodb.us-east-1.amazonaws.com"],
  ["us-gov-west-1", "https://dynamodb.us-gov-west-1.amazonaws.com"],
  ["cn-north-1", "https://dynamodb.cn-north-1.amazonaws.com.cn"],
  ["eusc-de-east-1", "https://dynamodb.eusc-de-east-1.amazonaws.eu"],
])("in %s a service is at %s", (region, endpoint) => {
  vi.stubEnv("AWS_REGION", region);
  expect(endpointOf(dynamodb)).toBe(endpoint);
});

test("a service's own variable goes before the one for all of them", () => {
  vi.stubEnv("AWS_ENDPOINT_URL", "http://localhost:1");
  expect(endpointOf(dynamodb)).toBe("http://localhost:1");
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:2");
  expect(endpointOf(dynamodb)).toBe("http://localhost:2");
});

test("a queue is where its URL says, unless a variable says otherwise", () => {
  const url = "https://sqs.eu-west-1.amazonaws.com/000000000000/queue";
  expect(endpointOfQueue(url)).toBe("https://sqs.eu-west-1.amazonaws.com");
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", "http://localhost:3");
  expect(endpointOfQueue(url)).toBe("http://localhost:3");
});
