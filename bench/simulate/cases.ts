import type { Load } from "./model.ts";

const DAY_MS = 86_400_000;

/** A steady load is simulated for a part of a day, and what it costs is counted up to the whole of it. */
export type Case = {
  readonly name: string;
  readonly load: Load;
  readonly perDay: number;
  /** Requests that LaunchDarkly takes in ten seconds. */
  readonly launchdarklyPer10s?: number;
};

const SEGMENTS = 20;

function steady(perDay: number, perRequest: number, overMs: number): Case {
  const operations = Math.round((perDay * overMs) / DAY_MS);
  return {
    name: `${power(perDay)} a day, ${perRequest === 1 ? "one" : perRequest} a request`,
    load: { operations, perRequest, segments: SEGMENTS, overMs },
    perDay: perDay / operations,
  };
}

export const STEADY: readonly Case[] = [
  steady(1e6, 500, 6 * 3_600_000),
  steady(1e6, 1, 3_600_000),
  steady(1e8, 500, 1_800_000),
  steady(1e8, 1, 120_000),
  steady(1e9, 500, 600_000),
  steady(1e9, 1, 30_000),
];

/** A new audience of ten million. */
const newAudience: Load = { operations: 10_000_000, perRequest: 500, segments: 1, overMs: 0 };

export const BURSTS: readonly Case[] = [
  { name: "LaunchDarkly takes 100 requests in 10 s", load: newAudience, perDay: 1 },
  { name: "LaunchDarkly takes 20 requests in 10 s", load: newAudience, perDay: 1, launchdarklyPer10s: 20 },
];

/** The two ways in which a million operations arrive that have a price to stay below. */
export const PRICED: readonly (Case & { readonly atMost: number })[] = [
  {
    name: "500 a request",
    load: { operations: 1_000_000, perRequest: 500, segments: 1, overMs: 0 },
    perDay: 1,
    atMost: 0.8,
  },
  {
    name: "one a request, over an hour",
    load: { operations: 1_000_000, perRequest: 1, segments: 1, overMs: 3_600_000 },
    perDay: 1,
    atMost: 2.6,
  },
];

/** What the local stack does too: `check.ts`. */
export const SMALL: Load = { operations: 20_000, perRequest: 500, segments: 1, overMs: 0 };

function power(value: number): string {
  return `10^${Math.round(Math.log10(value))}`;
}
