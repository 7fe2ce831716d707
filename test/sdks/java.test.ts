import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersToOrders, betaUsers, twoOrders } from "./expected.ts";
import { runProgram } from "./run-client.ts";
import { openSdkStack, type SdkStack, segmentSdk } from "./sdk-stack.ts";
import { CACHE, isMissing, java } from "./toolchains.ts";

const toolchain = await java();
const folder = join(import.meta.dirname, "java");
const SEGMENT = segmentSdk("java");

describe.skipIf(isMissing("the Java SDK", toolchain))("in Java", () => {
  let stack: SdkStack;
  let classPath: string;

  beforeAll(async () => {
    mkdirSync(CACHE, { recursive: true });
    const file = join(CACHE, "java.classpath");
    await runProgram("mvn", [
      ...["--quiet", "--batch-mode", "--file", join(folder, "pom.xml"), "dependency:build-classpath"],
      ...["-Dmdep.includeScope=runtime", `-Dmdep.outputFile=${file}`],
    ]);
    classPath = readFileSync(file, "utf8");
    stack = await openSdkStack([SEGMENT]);
  });
  afterAll(() => stack?.close());

  test("Segment's SDK adds and removes members, and each order counts once though its answer was lost", async () => {
    const { front, writeKey } = stack.settingsOf(SEGMENT);
    await runProgram("java", ["-cp", classPath, join(folder, "SegmentClient.java"), front.url, writeKey]);
    expect(await stack.outcomeOf(SEGMENT)).toEqual({
      segments: betaUsers(SEGMENT),
      events: twoOrders(SEGMENT),
    });
    expect(answersToOrders(front.exchanges())).toEqual([503, 200]);
    // Not the /v1/batch of every other SDK.
    expect(front.exchanges().map(({ path }) => path)).toEqual(["/v1/import/", "/v1/import/", "/v1/import/"]);
  });
});
