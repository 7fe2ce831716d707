import { defineConfig } from "vitest/config";

/** `npm run test:sdks`: the vendors' own clients in other languages and in a browser. test/sdks/README.md. */
export default defineConfig({
  test: {
    include: ["test/sdks/**/*.test.ts"],
    reporters: ["verbose"],
    // A language a worker: while one waits for its registry or its SDK's clock, the other works.
    maxWorkers: 2,
    testTimeout: 120_000,
    // The first run fetches each client, and a compiler builds it.
    hookTimeout: 240_000,
  },
});
