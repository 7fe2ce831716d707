import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answersToOrders, betaUsers, twoOrders } from "./expected.ts";
import { openSdkStack, rudderstackSdk, type SdkStack, segmentSdk } from "./sdk-stack.ts";

const SEGMENT = segmentSdk("node");
const RUDDERSTACK = rudderstackSdk("node");
let stack: SdkStack;

beforeAll(async () => {
  stack = await openSdkStack([SEGMENT, RUDDERSTACK]);
});
afterAll(() => stack?.close());

test("Segment's Node SDK adds and removes members, and each order counts once though its answer was lost", async () => {
  const { front, writeKey } = stack.settingsOf(SEGMENT);
  const analytics = new Analytics({ writeKey, host: front.url });
  const personas = {
    computation_class: "audience",
    computation_id: "aud-beta",
    computation_key: "beta_users",
  };
  const context = { personas };
  const is = { beta_users: true };
  analytics.identify({ userId: "u-1", traits: is, context });
  analytics.identify({ userId: "u-2", traits: is, context });
  analytics.track({ userId: "u-3", event: "Audience Entered", properties: is, context });
  await analytics.flush();
  analytics.identify({ userId: "u-1", traits: { beta_users: false }, context });
  analytics.track({ userId: "u-2", event: "Order Completed", properties: { revenue: 12.5, plan: "beta" } });
  analytics.track({ userId: "u-3", event: "Order Completed", properties: { value: 7 } });
  await analytics.closeAndFlush();
  expect(await stack.outcomeOf(SEGMENT)).toEqual({
    segments: betaUsers(SEGMENT),
    events: twoOrders(SEGMENT),
  });
  expect(answersToOrders(front.exchanges())).toEqual([503, 200]);
});

test("RudderStack's Node SDK has each order counted once though its answer was lost", async () => {
  const { front, writeKey } = stack.settingsOf(RUDDERSTACK);
  const analytics = new RudderAnalytics(writeKey, { dataPlaneUrl: front.url });
  // It sends its first call at once, and the others together.
  analytics.identify({ userId: "u-2", traits: { plan: "beta" } });
  analytics.track({ userId: "u-2", event: "Order Completed", properties: { revenue: 12.5, plan: "beta" } });
  analytics.track({ userId: "u-3", event: "Order Completed", properties: { value: 7 } });
  await analytics.flush();
  await expect.poll(() => answersToOrders(front.exchanges()), { timeout: 30_000 }).toEqual([503, 200]);
  expect(await stack.outcomeOf(RUDDERSTACK)).toEqual({ segments: [], events: twoOrders(RUDDERSTACK) });
});
