import * as z from "zod/mini";
import type { Connections } from "../../lib/connections/schema.ts";
import { sideBySide } from "../../lib/delivery/side-by-side.ts";
import { timeBudget } from "../../lib/delivery/time-budget.ts";
import { countingRequests } from "../../lib/http/counted-requests.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { openHttpSession } from "../../lib/http/session.ts";
import { accessToken, type ReadSecrets } from "../../lib/launchdarkly/client.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { faultFields } from "../../lib/observability/log.ts";
import { type BackfillAnswer, backfill, readBackfillRequest } from "./backfill.ts";
import type { CollectPorts } from "./collect.ts";
import { type Cursors, CursorsUnavailableError } from "./cursors/cursor.ts";
import { type Feed, feedsOf } from "./destinations.ts";
import type { SweeperEnvironment } from "./env.ts";
import { type FeedRun, type Observers, recordRun, recordUnreadable } from "./record.ts";
import { isDue, type SweepPorts, startFeed, sweepFeed } from "./sweep.ts";
import { noTally } from "./tally.ts";

export type SweeperPorts = Observers & {
  readonly environment: Pick<SweeperEnvironment, "queueUrl" | "requestTimeoutMs">;
  readonly connections: Connections;
  readonly readSecrets: ReadSecrets;
  readonly cursors: Cursors;
  /** One outcome per body, in order. Never rejects. */
  readonly send: (bodies: readonly string[]) => Promise<readonly QueueOutcome[]>;
  readonly digest: (text: string) => string;
  readonly now: () => number;
  readonly version: string;
};

type QueueOutcome = { readonly kind: "confirmed" } | { readonly kind: "failed"; readonly code: string };

/** Feeds that are read at a time: they wait for LaunchDarkly most of the time, and one that is slow must not stop all. */
const FEEDS_AT_ONCE = 4;

/** What EventBridge sends by its schedule. https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html */
const scheduled = z.looseObject({ source: z.literal("aws.events") });

/**
 * The function: by the schedule it sweeps every feed that is due, and any other event asks for a backfill. Everything it
 * starts has ended when it answers.
 * @throws {BackfillRequestError} for an event that is neither
 */
export function sweeper(ports: SweeperPorts) {
  const limits = noLimits();
  const onProblem = (problem: string): void => ports.log.error(EVENTS.secretUnusable, { problem });
  const secrets = { readSecrets: ports.readSecrets, onProblem };
  return async (event: unknown, remainingMs: () => number): Promise<BackfillAnswer | undefined> => {
    const startedAtMs = ports.now();
    const session = openHttpSession();
    const { http, requests } = countingRequests(session);
    const { requestTimeoutMs } = ports.environment;
    const feeds = feedsOf(ports.connections, {
      ...ports,
      http,
      accessToken: (secret, after) => accessToken(secret, after, secrets),
      limits,
      timeoutMs: requestTimeoutMs,
      userAgent: `Flagbridge/${ports.version}`,
    });
    const work: SweepPorts = {
      ...ports,
      send: (bodies) => sendAll(bodies, ports),
      budget: timeBudget(remainingMs, Math.floor(requestTimeoutMs / 2)),
      requestMs: requestTimeoutMs,
    };
    try {
      if (scheduled.safeParse(event).success) {
        const runs = await sweepDue(feeds, work, ports);
        recordRun(runs, { requests, ms: ports.now() - startedAtMs, nowMs: ports.now() }, ports);
        return undefined;
      }
      const answer = await runBackfill(event, feeds, work, ports);
      ports.log.info(EVENTS.auditLogBackfilled, { ...answer, requests, ms: ports.now() - startedAtMs });
      return answer;
    } finally {
      session.close();
    }
  };
}

function runBackfill(
  event: unknown,
  feeds: readonly Feed[],
  work: CollectPorts,
  { log, now }: SweeperPorts,
): Promise<BackfillAnswer> {
  const names = [...new Set(feeds.map(({ connection }) => connection))];
  const request = readBackfillRequest(event, { nowMs: now(), connections: names });
  return backfill(request, feeds, {
    ...work,
    onFailed: (feed, reason) => recordUnreadable(feed, reason, log),
  });
}

async function sendAll(
  bodies: readonly string[],
  { send, environment, log }: SweeperPorts,
): Promise<readonly QueueOutcome[]> {
  const outcomes = await send(bodies);
  const codes: Record<string, number> = {};
  for (const outcome of outcomes)
    if (outcome.kind === "failed") codes[outcome.code] = (codes[outcome.code] ?? 0) + 1;
  if (Object.keys(codes).length > 0)
    log.error(EVENTS.queueRefused, { queueUrl: environment.queueUrl, codes });
  return outcomes;
}

/** The one that is furthest behind first: whatever the others are up to, its turn comes. */
async function sweepDue(
  feeds: readonly Feed[],
  work: SweepPorts,
  observers: Observers,
): Promise<readonly FeedRun[]> {
  const runs = new Map<Feed, FeedRun>();
  const read = await Promise.all(feeds.map((feed) => readCursor(feed, work, observers)));
  const due = read.flatMap(({ feed, cursor }) => {
    if (cursor === "unreadable") {
      runs.set(feed, haltedRun(feed, "cursors-unavailable"));
      return [];
    }
    const sweptUntil = cursor?.sweptUntil;
    runs.set(feed, { feed, tally: noTally(), ending: { kind: "not-due" }, sweptUntil });
    return cursor && !isDue(cursor, feed, work.now()) ? [] : [{ feed, cursor }];
  });
  due.sort((a, b) => (a.cursor?.sweptUntil ?? 0) - (b.cursor?.sweptUntil ?? 0));
  await sideBySide(due, FEEDS_AT_ONCE, async ({ feed, cursor }) => {
    const tally = noTally();
    try {
      const { ending, cursor: now } = await (cursor
        ? sweepFeed(feed, cursor, tally, work)
        : startFeed(feed, work));
      runs.set(feed, { feed, tally, ending, sweptUntil: now.sweptUntil });
    } catch (error) {
      runs.set(feed, {
        ...haltedRun(feed, reasonOf(error, observers)),
        tally,
        sweptUntil: cursor?.sweptUntil,
      });
    }
  });
  return [...runs.values()];
}

async function readCursor(feed: Feed, { cursors }: SweepPorts, observers: Observers) {
  try {
    return { feed, cursor: await cursors.read(feed) };
  } catch (error) {
    reasonOf(error, observers);
    return { feed, cursor: "unreadable" as const };
  }
}

/** One feed's fault is not the others': it is told, and the next run tries again. */
function reasonOf(error: unknown, { log }: Observers): string {
  if (error instanceof CursorsUnavailableError) {
    log.error(EVENTS.protocolStepFailed, { step: "cursor", problem: error.message });
    return "cursors-unavailable";
  }
  log.error(EVENTS.protocolStepFailed, { step: "sweep", ...faultFields(error) });
  return "internal-error";
}

function haltedRun(feed: Feed, reason: string): FeedRun {
  return { feed, tally: noTally(), ending: { kind: "stopped", reason }, sweptUntil: undefined };
}
