import { expect, test } from "vitest";
import { IS_LONG } from "../support/length.ts";
import { runChaos } from "./run.ts";
import { SHORT, SHORTEST } from "./scale.ts";

/** Settable, so that a run that failed can be had again: CHAOS_SEED=17 npx vitest run test/chaos. */
const SEED = Number(process.env.CHAOS_SEED ?? 1);

test("whatever goes wrong on the way, everything accepted arrives once, the newest wins, and only what is refused is dead", {
  timeout: 900_000,
}, async () => {
  let lastLines = "";
  const keepOutput = (output: string): void => {
    lastLines = output.split("\n").slice(-40).join("\n");
  };
  const { problems, report } = await runChaos(SEED, IS_LONG ? SHORT : SHORTEST, {
    note: () => undefined,
    keepOutput,
  });
  expect(problems, `seed ${SEED}\n${report}\n${lastLines}`).toEqual([]);
});
