import { defineConfig } from "vitest/config";

/** `npm run test:openapi`: the local stack, asked by schemathesis for everything in openapi.yaml. test/openapi/README.md. */
export default defineConfig({
  test: {
    include: ["test/openapi/**/*.test.ts"],
    globalSetup: ["test/openapi/virtual-environment.ts"],
    reporters: ["verbose"],
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
