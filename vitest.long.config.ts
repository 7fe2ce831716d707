import { defineConfig } from "vitest/config";

/**
 * What starts a process of `sls` or of `flagbridge` for each of many cases: half a second to several, on two cores. `npm test` packages
 * once, and tests the plugins, commands and tasks behind them without a process.
 */
export const MANY_PROCESSES = {
  infra: [
    "infra/eraser.test.ts",
    "infra/every-parameter.test.ts",
    "infra/invoke-local.test.ts",
    "infra/parameters.test.ts",
    "infra/queues.test.ts",
    "infra/removed-queues.test.ts",
  ],
  e2e: ["test/e2e/runbook.test.ts", "test/e2e/erasures.test.ts"],
  operator: [
    "test/operator/backfill.test.ts",
    "test/operator/commands-page.test.ts",
    "test/operator/connections-explain.test.ts",
    "test/operator/dead-letters.test.ts",
    "test/operator/diff.test.ts",
    "test/operator/explain.test.ts",
    "test/operator/forget.test.ts",
    "test/operator/hostile-text.test.ts",
    "test/operator/migrate.test.ts",
    "test/operator/pause.test.ts",
    "test/operator/secrets.test.ts",
    "test/operator/segments.test.ts",
    "test/operator/send.test.ts",
  ],
};

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
      ...Object.values(MANY_PROCESSES).flat(),
    ],
    globalSetup: ["test/support/package-once.ts"],
    env: { TEST_LENGTH: "long", SEARCH_TIMES: process.env.SEARCH_TIMES ?? "10" },
    // One after another: real clocks run in the stacks of the end-to-end tests, and a busy neighbour makes their ledger too slow.
    maxWorkers: 1,
    testTimeout: 0,
    hookTimeout: 60_000,
  },
});
