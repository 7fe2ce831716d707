import { vi } from "vitest";

/** A region and credentials for the SDK's clients until the test takes them back: `vi.unstubAllEnvs()`. */
export function stubAws(): void {
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
}
