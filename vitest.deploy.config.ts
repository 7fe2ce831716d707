import { defineConfig } from "vitest/config";

/** `npm run test:deploy`: the whole bundle, deployed to an emulator of AWS. test/deploy/README.md. */
export default defineConfig({
  test: {
    include: ["test/deploy/**/*.test.ts"],
    globalSetup: ["test/deploy/virtual-environment.ts"],
    // One line a step, with its time.
    reporters: ["verbose"],
    // The steps of a scenario build on each other, and two emulators at once would take two cores from each other.
    maxWorkers: 1,
    bail: 1,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
