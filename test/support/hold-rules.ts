import type { HoldRules } from "../../lib/audience/hold.ts";

/** The times that the protocol assumes of the world, for tests whose clock they move themselves. */
export const HOLD_RULES: HoldRules = {
  holdMs: 60_000,
  requestTimeoutMs: 10_000,
  landingMs: 45_000,
  writeTimeoutMs: 5_000,
  skewMs: 1_000,
};
