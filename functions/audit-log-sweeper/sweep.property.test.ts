import * as fc from "fast-check";
import { expect, test } from "vitest";
import { limitOf, noLimits } from "../../lib/http/rate-limit.ts";
import type { HttpAnswer, HttpRequest } from "../../lib/http/session.ts";
import { auditLog } from "../../lib/launchdarkly/audit-log/request.ts";
import { openClient } from "../../lib/launchdarkly/client.ts";
import { flagChangesMessage } from "../../lib/messages/flag-changes.ts";
import { entryAt, type LoggedEntry, type LogOptions, pageOf } from "../../test/support/audit-log-server.ts";
import { SEARCH_TIMES } from "../../test/support/length.ts";
import { memoryCursors } from "../../test/support/memory-cursors.ts";
import type { Feed } from "./destinations.ts";
import { isDue, type SweepPorts, startFeed, sweepFeed } from "./sweep.ts";
import { noTally } from "./tally.ts";

const START_MS = 1_800_000_000_000;
/** So much shorter than the time between two sweeps that what one misses no other heals. */
const OVERLAP_MS = 200;
const EVERY_MS = 1_500;
const REQUEST_MS = 10;

/** Something that goes wrong with one request to LaunchDarkly, one message, or one write of the cursor. */
type Fault = "none" | "refused" | "limited" | "no-answer" | "killed-before" | "killed-after";
const fault = fc.constantFrom<Fault>(
  "none",
  "none",
  "none",
  "refused",
  "limited",
  "no-answer",
  "killed-before",
  "killed-after",
);

/** An entry of the history: when it happened, how much later it appears, and what it is. */
const entries = fc.array(
  fc.record({
    at: fc.oneof(
      fc.nat(3_000),
      fc.nat(3).map((slot) => slot * 1_000),
    ),
    lateMs: fc.oneof(fc.constant(0), fc.nat(OVERLAP_MS - 1)),
    isSelected: fc.boolean(),
    isMixed: fc.boolean(),
  }),
  { minLength: 60, maxLength: 150 },
);

/** A step of the schedule: how long after the one before, how many runs at a time, with time for how many requests. */
const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 1, max: 1_500 }),
    runs: fc.integer({ min: 1, max: 2 }),
    requests: fc.nat(5),
  }),
  { maxLength: 12 },
);

type History = {
  readonly entries: readonly { at: number; lateMs: number; isSelected: boolean; isMixed: boolean }[];
  readonly steps: readonly { afterMs: number; runs: number; requests: number }[];
  readonly faults: readonly Fault[];
  readonly options: LogOptions;
};

class Killed extends Error {}

/** Plays a history, then lets the sweeper run undisturbed, and gives what was queued and what should have been. */
async function play(history: History) {
  let nowMs = START_MS;
  let faults = [...history.faults];
  const nextFault = (): Fault => faults.shift() ?? "none";
  const log = history.entries.map(({ at, lateMs, isSelected, isMixed }, index) => ({
    appearsAt: START_MS + at + lateMs,
    entry: entryAt(START_MS + at, `e${index}`, {
      kind: isSelected ? "flag" : "segment",
      ...(isMixed && { titleVerb: "updated the flag", title: "" }),
      currentVersion: { environments: { production: { on: true } } },
    }),
  }));
  const visible = (): LoggedEntry[] =>
    log.filter(({ appearsAt }) => appearsAt <= nowMs).map(({ entry }) => entry);
  const answer = ({ url }: HttpRequest): HttpAnswer => {
    const { pathname, searchParams } = new URL(url);
    const id = /auditlog\/(.+)$/.exec(pathname)?.[1];
    const body = id
      ? log.find(({ entry }) => entry._id === id)?.entry
      : pageOf(visible(), searchParams, history.options);
    return { kind: "answered", status: 200, headers: {}, body: JSON.stringify(body) };
  };
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    nowMs += REQUEST_MS;
    switch (nextFault()) {
      case "refused":
        return { kind: "answered", status: 503, headers: {}, body: "" };
      case "limited":
        return {
          kind: "answered",
          status: 429,
          headers: { "x-ratelimit-reset": String(nowMs + 100) },
          body: "",
        };
      case "no-answer":
        return { kind: "unanswered", reason: "no-answer" };
      case "killed-before":
      case "killed-after":
        throw new Killed();
      case "none":
        return answer(request);
    }
  };
  const queued = new Set<string>();
  const memory = memoryCursors();
  let sweptUntil = 0;
  const ports = (requests: number): SweepPorts => {
    let left = requests;
    return {
      budget: { allows: () => left-- > 0 },
      requestMs: REQUEST_MS,
      now: () => nowMs,
      digest: (text) => text,
      send: async ({ bodies }) => {
        const happening = nextFault();
        if (happening === "killed-before") throw new Killed();
        if (happening !== "none" && happening !== "killed-after")
          return bodies.map(() => ({ kind: "failed", code: "InternalError" }));
        for (const body of bodies)
          for (const { id } of flagChangesMessage.parse(JSON.parse(body)).changes) queued.add(id);
        if (happening === "killed-after") throw new Killed();
        return bodies.map(() => ({ kind: "confirmed" }));
      },
      cursors: {
        read: memory.read,
        write: async (key, cursor, n) => {
          const happening = nextFault();
          if (happening === "killed-before") throw new Killed();
          const written = await memory.write(key, cursor, n);
          if (written === "written") {
            expect(cursor.sweptUntil).toBeGreaterThanOrEqual(sweptUntil);
            sweptUntil = cursor.sweptUntil;
          }
          if (happening === "killed-after") throw new Killed();
          return written;
        },
      },
    };
  };
  const feed: Feed = {
    connection: "one",
    spec: "proj/*:env/*:flag/*",
    using: { environment: "production", secret: "ld", api: "https://ld" },
    queues: [{ kind: "flag-changes", destination: "main" }],
    everyMs: EVERY_MS,
    overlapMs: OVERLAP_MS,
    only: { kinds: ["flag"], projects: [], environments: [], actions: [] },
    log: auditLog(
      openClient(
        { api: "https://ld", timeoutMs: REQUEST_MS, userAgent: "" },
        {
          http: { send },
          now: () => nowMs,
          accessToken: async () => "token",
          limit: limitOf(noLimits(), { account: "ld" }),
        },
      ),
    ),
  };
  const run = async (requests: number): Promise<void> => {
    const cursor = await memory.read(feed);
    try {
      if (!cursor) await startFeed(feed, ports(requests));
      else if (isDue(cursor, feed, nowMs)) await sweepFeed(feed, cursor, noTally(), ports(requests));
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  };

  // The clock of the feed starts before the history does.
  await memory.write(feed, { sweptUntil: START_MS, queued: [] }, 0);
  for (const { afterMs, runs, requests } of history.steps) {
    nowMs += afterMs;
    await Promise.all(Array.from({ length: runs }, () => run(requests)));
  }
  faults = [];
  const allThere = Math.max(nowMs, ...log.map(({ appearsAt }) => appearsAt)) + OVERLAP_MS;
  for (let runs = 0; sweptUntil < allThere && runs < 200; runs += 1) {
    nowMs += EVERY_MS;
    await run(50);
  }
  expect(sweptUntil).toBeGreaterThanOrEqual(allThere);
  const wanted = history.entries.flatMap(({ isSelected }, index) => (isSelected ? [`e${index}`] : []));
  return {
    missed: wanted.filter((id) => !queued.has(id)),
    unasked: [...queued].filter((id) => !wanted.includes(id)),
  };
}

test.each<LogOptions>([
  { inclusive: false, links: "cursor" },
  { inclusive: true, links: "cursor" },
  { inclusive: false, links: "time" },
  { inclusive: true, links: "none" },
])(
  "whatever fails, is late or is cut short, everything selected is queued in the end (%o)",
  async (options) => {
    await fc.assert(
      fc.asyncProperty(
        entries,
        steps,
        fc.array(fault, { maxLength: 60 }),
        async (history, schedule, faults) => {
          // Without a link that leads on, a ms may hold no more than a page.
          const counts = new Map<number, number>();
          const kept = history.filter(({ at }) => {
            counts.set(at, (counts.get(at) ?? 0) + 1);
            return options.links === "cursor" || (counts.get(at) ?? 0) < 20;
          });
          expect(await play({ entries: kept, steps: schedule, faults, options })).toEqual({
            missed: [],
            unasked: [],
          });
        },
      ),
      { numRuns: 150 * SEARCH_TIMES },
    );
  },
);
