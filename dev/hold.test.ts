import { expect, test } from "vitest";
import { readEnvironment } from "../functions/audience-batcher/env.ts";
import { stackAddresses as stack } from "../test/support/stack-addresses.ts";
import { bundledFunctions } from "./functions.ts";
import { withHold } from "./hold.ts";
import type { LocalFunction } from "./local-function.ts";

const functions = bundledFunctions("dist", { connections: {} });
const timesOf = (all: readonly LocalFunction[]) =>
  all.map(({ name, timeoutMs, variables }) => ({ name, timeoutMs, variables: variables(stack) }));

test("a hold of 20 s is the stack's own", () => {
  expect(timesOf(withHold(functions, 20))).toEqual(timesOf(functions));
});

test("a shorter hold shortens what waits for it, and nothing else", () => {
  const changed = { HOLD_MS: "10000", LANDING_MS: "6000" };
  expect(timesOf(withHold(functions, 10))).toEqual(
    timesOf(functions).map(({ name, variables }) => ({
      name,
      timeoutMs: 6_000,
      variables: { ...variables, ...("HOLD_MS" in variables && changed) },
    })),
  );
});

test.each([8, 10, 20, 60])("audience-batcher takes a hold of %i s", (seconds) => {
  const batcher = withHold(functions, seconds).find(({ name }) => name === "audience-batcher");
  expect(readEnvironment(batcher?.variables(stack) ?? {}, "dist").rules.holdMs).toBe(seconds * 1_000);
});
