import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { newestOf, type Operation } from "./operations.ts";
import type { Accepted } from "./send.ts";
import { membersHeld } from "./settle.ts";
import type { Site } from "./site.ts";

export type Recovery = {
  /** From the last fault to when all that was accepted before it was seen in LaunchDarkly, ms. */
  readonly recoveryMs: number;
  /** Longest from accepted to seen, of what was accepted after the last fault, ms. */
  readonly slowestMs: number;
  /** How many members that was. */
  readonly seenAfter: number;
};

const POLL_MS = 500;
const faultList = z.object({
  faults: z.array(z.object({ on: z.string().optional(), times: z.number().optional() })),
});

/** Looks again and again when the last fault of a segment's request happens, and when each member is first seen to be right. */
export function watchRecovery(site: Site, accepted: Accepted): { readonly stop: () => Promise<Recovery> } {
  const seen = new Map<Operation, number>();
  let lastFaultMs = Date.now();
  let faultsLeft = Number.POSITIVE_INFINITY;
  let watching = true;
  const look = async (): Promise<void> => {
    const { faults } = await site.get("/sandbox/launchdarkly/faults", faultList);
    const left = faults.reduce((sum, { on, times = 0 }) => sum + (on === "segments" ? times : 0), 0);
    if (left !== faultsLeft) lastFaultMs = Date.now();
    faultsLeft = left;
    const held = await membersHeld(site);
    for (const [identity, operation] of newestOf(accepted.operations.keys())) {
      if (operation.poison === undefined && held.has(identity) === (operation.action === "add"))
        if (!seen.has(operation)) seen.set(operation, Date.now());
    }
  };
  const watch = async (): Promise<void> => {
    for (; watching; await sleep(POLL_MS)) await look();
  };
  const watched = watch();
  return {
    stop: async () => {
      watching = false;
      await watched;
      await look();
      const times = [...newestOf(accepted.operations.keys()).values()].flatMap((operation) => {
        const seenMs = seen.get(operation);
        return seenMs === undefined
          ? []
          : [{ acceptedMs: accepted.operations.get(operation) ?? seenMs, seenMs }];
      });
      const before = times.filter(({ acceptedMs }) => acceptedMs < lastFaultMs);
      const after = times.filter(({ acceptedMs }) => acceptedMs >= lastFaultMs);
      return {
        recoveryMs: Math.max(0, ...before.map(({ seenMs }) => seenMs - lastFaultMs)),
        slowestMs: Math.max(0, ...after.map(({ acceptedMs, seenMs }) => seenMs - acceptedMs)),
        seenAfter: after.length,
      };
    },
  };
}
