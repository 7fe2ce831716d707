/** Two forwarders run side by side (functions/posthog-forwarder/function.yml) and do not know of each other. */
const FORWARDERS = 2;
/** What PostHog allows a project by its private API. https://posthog.com/docs/api#rate-limiting */
export const REQUESTS_PER_MINUTE = 480 / FORWARDERS;
export const REQUESTS_PER_HOUR = 4_800 / FORWARDERS;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How fast this process may go on its own account, whatever PostHog has answered so far. */
export type Pace = {
  /** `undefined`, and the request counts, when one may start now; else the time from which on one may, Unix ms. */
  readonly start: (nowMs: number) => number | undefined;
};

/** The paces of a process, by what PostHog counts requests under. */
export type Paces = Map<string, Pace>;

export function paceOf(paces: Paces, key: string): Pace {
  const pace = paces.get(key) ?? startPace();
  paces.set(key, pace);
  return pace;
}

/** No more than the limits in any minute and any hour. */
export function startPace(): Pace {
  /** When each request of the last hour started, oldest first. */
  let started: number[] = [];
  return {
    start: (nowMs) => {
      started = started.filter((atMs) => atMs > nowMs - HOUR_MS);
      // The request that has to be a minute, or an hour, old before the next one may start.
      const ofMinute = started.at(-REQUESTS_PER_MINUTE);
      const ofHour = started.at(-REQUESTS_PER_HOUR);
      const openAtMs = Math.max((ofMinute ?? -MINUTE_MS) + MINUTE_MS, (ofHour ?? -HOUR_MS) + HOUR_MS);
      if (openAtMs > nowMs) return openAtMs;
      started.push(nowMs);
      return undefined;
    },
  };
}
