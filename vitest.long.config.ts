import { defineConfig } from "vitest/config";

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
    ],
    env: { TEST_LENGTH: "long", SEARCH_TIMES: process.env.SEARCH_TIMES ?? "10" },
    // One after another: real clocks run in the stacks of the end-to-end tests, and a busy neighbour makes their ledger too slow.
    maxWorkers: 1,
    testTimeout: 0,
    hookTimeout: 60_000,
  },
});
