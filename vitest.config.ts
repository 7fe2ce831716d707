import { defineConfig } from "vitest/config";
import { MANY_PROCESSES } from "./vitest.long.config.ts";

/**
 * Vitest starts the projects in the order of their names, and here that is the order of how long their files mostly
 * wait: for clocks, for processes, for `sls`. What only computes comes last, and fills the time of those that wait.
 */
export default defineConfig({
  test: {
    // Twice as many as two cores: half of the files wait for a clock or a process. With more, the real servers in the
    // tests become slow.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "chaos", include: ["test/chaos/**/*.test.ts"] } },
      { extends: true, test: { name: "console", include: ["test/console/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], exclude: MANY_PROCESSES.e2e },
      },
      {
        extends: true,
        test: { name: "operator", include: ["test/operator/**/*.test.ts"], exclude: MANY_PROCESSES.operator },
      },
      {
        extends: true,
        test: {
          name: "infra",
          include: ["infra/**/*.test.ts"],
          exclude: MANY_PROCESSES.infra,
          globalSetup: ["test/support/package-once.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "units",
          include: [
            "lib/**/*.test.ts",
            "functions/**/*.test.ts",
            "dev/**/*.test.ts",
            "cli/**/*.test.ts",
            "operator/**/*.test.ts",
            "console/**/*.test.ts",
            "test/{architecture,conformance,support}/**/*.test.ts",
          ],
          // A file finds the modules that the one before it has loaded, instead of loading all of them again: nothing in
          // them may remember a test. What a test sets of the process (environment, spies), it takes back itself.
          isolate: false,
        },
      },
    ],
  },
});
