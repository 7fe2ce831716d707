import { expect, test } from "vitest";
import { checkConnections } from "./load.ts";

function problemsOf(metrics: object): readonly string[] {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment-1", secret: "launchdarkly" } },
    connections: { hog: { source: "posthog", secret: "hog", metrics: { to: ["production"], ...metrics } } },
  });
  return checked.ok ? [] : checked.problems;
}

test("PostHog's events have no aliases", () => {
  expect(problemsOf({ alias: true })).toEqual([
    "connections.hog.metrics.alias: expected false: source posthog has no alias calls; remove it",
  ]);
  expect(problemsOf({ alias: false })).toEqual([]);
});

test("the context keys of PostHog's events are names or paths of its webhook's body", () => {
  const contextKeys = { user: ["distinctId", "email"], company: "event.properties.$groups.company" };
  expect(problemsOf({ contextKeys })).toEqual([]);
  expect(problemsOf({ contextKeys: { user: "properties.id" } })).toEqual([
    'connections.hog.metrics.contextKeys: expected names that start with distinctId, personId, email, event, person, groups, found "properties.id": no call has it',
  ]);
});
