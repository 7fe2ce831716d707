import { defineConfig } from "vitest/config";

/**
 * Command lines of the operator's tools, each a process of half a second on a stack. `npm test` runs every command by the examples of
 * docs/commands.md, and the tasks behind them in operator/.
 */
export const LONG_COMMAND_LINES = [
  "test/operator/backfill.test.ts",
  "test/operator/connections-explain.test.ts",
  "test/operator/dead-letters.test.ts",
  "test/operator/diff.test.ts",
  "test/operator/doctor.test.ts",
  "test/operator/explain.test.ts",
  "test/operator/forget.test.ts",
  "test/operator/hostile-text.test.ts",
  "test/operator/secrets.test.ts",
  "test/operator/segments.test.ts",
  "test/operator/send.test.ts",
];

/** `npm run test:long`: what goes on as long as one likes, longer than in `npm test`. test/support/length.ts has how long. */
export default defineConfig({
  test: {
    include: [
      "**/*.fuzz.test.ts",
      "functions/audience-batcher/promise.test.ts",
      "functions/audit-log-sweeper/sweep.property.test.ts",
      "test/chaos/chaos.test.ts",
      "test/e2e/audiences.test.ts",
      "test/e2e/segment-writers.test.ts",
      ...LONG_COMMAND_LINES,
    ],
    env: { TEST_LENGTH: "long", SEARCH_TIMES: process.env.SEARCH_TIMES ?? "10" },
    // One after another: real clocks run in the stacks of the end-to-end tests, and a busy neighbour makes their ledger too slow.
    maxWorkers: 1,
    testTimeout: 0,
    hookTimeout: 60_000,
  },
});
