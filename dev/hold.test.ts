import { expect, test } from "vitest";
import { readEnvironment } from "../functions/audience-batcher/env.ts";
import { bundledFunctions } from "./functions.ts";
import { withHold } from "./hold.ts";
import type { LocalFunction, StackAddresses } from "./local-function.ts";

const stack: StackAddresses = {
  sqs: "http://localhost:1",
  dynamodb: "http://localhost:2",
  secretsManager: "http://localhost:3",
  queueUrl: (name) => `http://localhost:1/queue/${name}`,
  ledgerTable: "ledger",
  cursorsTable: "cursors",
  secretPrefix: "prefix/",
  connectionsFile: "connections.json",
};
const functions = bundledFunctions("dist");
const timesOf = (all: readonly LocalFunction[]) =>
  all.map(({ name, timeoutMs, variables }) => ({ name, timeoutMs, variables: variables(stack) }));

test("a hold of 20 s is the stack's own", () => {
  expect(timesOf(withHold(functions, 20))).toEqual(timesOf(functions));
});

test("a shorter hold shortens what waits for it, and nothing else", () => {
  const [before, after] = [functions, withHold(functions, 8)].map(timesOf);
  for (const [place, { name, timeoutMs, variables }] of (after ?? []).entries()) {
    expect(timeoutMs).toBe(4_000);
    const times = { HOLD_MS: "8000", REQUEST_TIMEOUT_MS: "800", LANDING_MS: "5400" };
    const changed = Object.entries(variables).filter(
      ([variable, value]) => value !== before?.[place]?.variables[variable],
    );
    expect(times, name).toMatchObject(Object.fromEntries(changed));
  }
});

test.each([5, 8, 20, 60])("audience-batcher takes a hold of %i s", (seconds) => {
  const batcher = withHold(functions, seconds).find(({ name }) => name === "audience-batcher");
  expect(readEnvironment(batcher?.variables(stack) ?? {}, "dist").rules.holdMs).toBe(seconds * 1_000);
});
