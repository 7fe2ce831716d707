import { expect, test } from "vitest";
import { appHost, ingestionHost } from "./hosts.ts";

test.each([
  ["https://app.posthog.com", "https://us.i.posthog.com", "https://us.posthog.com"],
  ["https://us.posthog.com", "https://us.i.posthog.com", "https://us.posthog.com"],
  ["https://us.i.posthog.com", "https://us.i.posthog.com", "https://us.posthog.com"],
  ["https://US.i.PostHog.com/project/1", "https://us.i.posthog.com", "https://us.posthog.com"],
  ["https://eu.posthog.com", "https://eu.i.posthog.com", "https://eu.posthog.com"],
  ["https://eu.i.posthog.com", "https://eu.i.posthog.com", "https://eu.posthog.com"],
  ["https://posthog.example.com", "https://posthog.example.com", "https://posthog.example.com"],
  ["https://example.com/posthog", "https://example.com/posthog", "https://example.com/posthog"],
  ["http://localhost:3000/sandbox", "http://localhost:3000/sandbox", "http://localhost:3000/sandbox"],
  [
    "https://app.posthog.com.example.com",
    "https://app.posthog.com.example.com",
    "https://app.posthog.com.example.com",
  ],
])("%s takes events at %s and annotations at %s", (host, ingestion, app) => {
  expect(ingestionHost(host)).toBe(ingestion);
  expect(appHost(host)).toBe(app);
});
