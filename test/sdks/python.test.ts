import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPythonPrograms } from "../../dev/emulated/virtual-environment.ts";
import { answersToOrders, betaUsers, twoOrders } from "./expected.ts";
import { runProgram } from "./run-client.ts";
import { openSdkStack, rudderstackSdk, type SdkStack, segmentSdk } from "./sdk-stack.ts";
import { CACHE, isMissing, python } from "./toolchains.ts";

const toolchain = await python();
const folder = join(import.meta.dirname, "python");
const SEGMENT = segmentSdk("python");
const RUDDERSTACK = rudderstackSdk("python");

describe.skipIf(isMissing("the Python SDKs", toolchain))("in Python", () => {
  let stack: SdkStack;
  let programs: string;

  beforeAll(async () => {
    if (toolchain.kind === "missing") return;
    programs = await openPythonPrograms({
      python: toolchain.tools,
      parent: CACHE,
      requirements: join(folder, "requirements.txt"),
      purpose: "the SDKs of test/sdks",
      environment: process.env,
      report: console.warn,
    });
    stack = await openSdkStack([SEGMENT, RUDDERSTACK]);
  });
  afterAll(() => stack?.close());

  const run = (program: string, ...args: readonly string[]) =>
    runProgram(join(programs, "python"), [join(folder, program), ...args]);

  test("Segment's SDK adds and removes members, and each order counts once though its answer was lost", async () => {
    const { front, writeKey } = stack.settingsOf(SEGMENT);
    await run("segment_client.py", front.url, writeKey);
    expect(await stack.outcomeOf(SEGMENT)).toEqual({
      segments: betaUsers(SEGMENT),
      events: twoOrders(SEGMENT),
    });
    expect(answersToOrders(front.exchanges())).toEqual([503, 200]);
  });

  test("RudderStack's SDK has each order counted once though its answer was lost", async () => {
    const { front, writeKey } = stack.settingsOf(RUDDERSTACK);
    await run("rudderstack_client.py", front.url, writeKey);
    expect(await stack.outcomeOf(RUDDERSTACK)).toEqual({ segments: [], events: twoOrders(RUDDERSTACK) });
    expect(answersToOrders(front.exchanges())).toEqual([503, 200]);
  });

  test("PostHog's SDK is told at once that its events do not belong here", async () => {
    const { front, writeKey } = stack.settingsOf(SEGMENT);
    const before = front.exchanges().length;
    expect(await run("posthog_client.py", front.url, writeKey)).toMatch(/404.*\(2 events\)/);
    expect(front.exchanges().slice(before)).toMatchObject([{ path: "/batch/" }]);
  });

  test("LaunchDarkly's SDK is told at once that its events do not belong here, and sends no more", async () => {
    const { front, writeKey } = stack.settingsOf(SEGMENT);
    expect(await run("launchdarkly_client.py", front.url, writeKey)).toContain("404");
    const paths = front.exchanges().map(({ path, status }) => `${path} ${status}`);
    expect(paths.filter((path) => path.startsWith("/bulk"))).toEqual(["/bulk 404"]);
  });
});
