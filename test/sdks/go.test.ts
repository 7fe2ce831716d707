import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersToOrders, betaUsers, twoOrders } from "./expected.ts";
import { runProgram } from "./run-client.ts";
import { openSdkStack, rudderstackSdk, type SdkStack, segmentSdk } from "./sdk-stack.ts";
import { CACHE, go, isMissing } from "./toolchains.ts";

const toolchain = await go();
const programs = join(CACHE, "go");
const SEGMENT = segmentSdk("go");
const RUDDERSTACK = rudderstackSdk("go");

describe.skipIf(isMissing("the Go SDKs", toolchain))("in Go", () => {
  let stack: SdkStack;

  beforeAll(async () => {
    await runProgram("go", ["build", "-o", `${programs}/`, "./..."], {
      folder: join(import.meta.dirname, "go"),
    });
    stack = await openSdkStack([SEGMENT, RUDDERSTACK]);
  });
  afterAll(() => stack?.close());

  // Each waits ten seconds for its own clock.
  test.concurrent("Segment's SDK adds and removes members, and each order counts once though its answer was lost", async () => {
    const { front, writeKey } = stack.settingsOf(SEGMENT);
    await runProgram(join(programs, "segment"), [front.url, writeKey]);
    expect(await stack.outcomeOf(SEGMENT)).toEqual({
      segments: betaUsers(SEGMENT),
      events: twoOrders(SEGMENT),
    });
    expect(answersToOrders(front.exchanges())).toEqual([503, 200]);
  });

  test.concurrent("RudderStack's SDK has each order counted once though its answer was lost", async () => {
    const { front, writeKey } = stack.settingsOf(RUDDERSTACK);
    await runProgram(join(programs, "rudderstack"), [front.url, writeKey]);
    const invented = { unauthenticatedUser: expect.stringMatching(/^[0-9a-f-]{36}$/) };
    expect(await stack.outcomeOf(RUDDERSTACK)).toEqual({
      segments: [],
      events: twoOrders(RUDDERSTACK, invented),
    });
    expect(answersToOrders(front.exchanges())).toEqual([503, 200]);
  });
});
