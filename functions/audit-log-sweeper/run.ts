import type { Context } from "aws-lambda";
import * as z from "zod/mini";
import { type Parcel, queueNameOf, type SendParcel } from "../../lib/connections/queues.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { confirmedBy, type QueueOutcome } from "../../lib/delivery/settle-queues.ts";
import { sideBySide } from "../../lib/delivery/side-by-side.ts";
import { timeBudget } from "../../lib/delivery/time-budget.ts";
import type { SecretPorts } from "../../lib/http/credential.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { accessToken } from "../../lib/launchdarkly/client.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { awsRequestIdOf, faultFields } from "../../lib/observability/log.ts";
import type { SessionContext } from "../http-session.ts";
import { type BackfillAnswer, backfill, readBackfillRequest } from "./backfill.ts";
import type { CollectPorts } from "./collect.ts";
import { type Cursors, CursorsUnavailableError } from "./cursors/cursor.ts";
import { type Feed, feedsOf } from "./destinations.ts";
import { type FeedRun, type Observers, recordRun, recordUnreadable } from "./record.ts";
import { isDue, type SweepPorts, startFeed, sweepFeed } from "./sweep.ts";
import { noTally } from "./tally.ts";

export type SweeperPorts = Observers & {
  readonly connections: Connections;
  readonly secrets: SecretPorts<{ readonly accessToken: string }>;
  readonly cursors: Cursors;
  readonly send: SendParcel;
  readonly digest: (text: string) => string;
  /** Unix ms. */
  readonly now: () => number;
  /** For one request, in ms. */
  readonly timeoutMs: number;
  readonly userAgent: string;
};

/** What an invocation has: its HTTP session, and the time that Lambda leaves it. */
export type SweepContext = SessionContext & Pick<Context, "getRemainingTimeInMillis">;

/** How many feeds are read at a time: they mostly wait for LaunchDarkly, and a slow one must not stop the others. */
const FEEDS_AT_ONCE = 4;

/** What EventBridge sends by its schedule. https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html */
const scheduled = z.looseObject({ source: z.literal("aws.events") });

/**
 * The function: by the schedule it sweeps every feed that is due, and any other event asks for a backfill. Everything it
 * starts has ended when it answers.
 * @throws {BackfillRequestError} for an event that is neither
 */
export function sweeper(ports: SweeperPorts) {
  const { secrets, cursors, digest, now, userAgent, timeoutMs, log } = ports;
  const limits = noLimits();
  return async (event: unknown, context: SweepContext) => {
    const { http, requests } = context;
    const startedAtMs = ports.now();
    const feeds = feedsOf(ports.connections, {
      http,
      now,
      accessToken: (secret, after) => accessToken(secret, after, secrets),
      limits,
      timeoutMs,
      userAgent,
    });
    const work: SweepPorts = {
      cursors,
      digest,
      now,
      send: (parcel) => sendNoted(parcel, ports),
      budget: timeBudget(() => context.getRemainingTimeInMillis(), Math.floor(timeoutMs / 2)),
      requestMs: timeoutMs,
    };
    if (scheduled.safeParse(event).success) {
      const runs = await sweepDue(feeds, work, ports);
      recordRun(runs, { requests, ms: now() - startedAtMs, nowMs: now() }, ports);
      return undefined;
    }
    const answer = await runBackfill(event, feeds, work, ports);
    log.info(EVENTS.auditLogBackfilled, { ...answer, requests, ms: now() - startedAtMs });
    return answer;
  };
}

function runBackfill(
  event: unknown,
  feeds: readonly Feed[],
  { budget, requestMs, send, digest }: CollectPorts,
  { log, now }: SweeperPorts,
): Promise<BackfillAnswer> {
  const names = [...new Set(feeds.map(({ connection }) => connection))];
  const request = readBackfillRequest(event, { nowMs: now(), connections: names });
  return backfill(request, feeds, {
    budget,
    requestMs,
    send,
    digest,
    now,
    onFailed: (feed, reason) => recordUnreadable(feed, reason, log),
  });
}

async function sendNoted(parcel: Parcel, { send, log }: SweeperPorts): Promise<readonly QueueOutcome[]> {
  const outcomes = await send(parcel);
  confirmedBy(outcomes, (unconfirmed) =>
    log.error(EVENTS.queueRefused, { queue: queueNameOf(parcel.queue), ...unconfirmed }),
  );
  return outcomes;
}

/** Sweeps the feed that is furthest behind first, so that its turn comes whatever happens to the others. */
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

/** A fault of one feed does not stop the others: it is logged, and the next run tries again. */
function reasonOf(error: unknown, { log }: Observers): string {
  if (error instanceof CursorsUnavailableError) {
    log.error(EVENTS.protocolStepFailed, {
      step: "cursor",
      problem: error.message,
      awsRequestId: awsRequestIdOf(error),
    });
    return "cursors-unavailable";
  }
  log.error(EVENTS.protocolStepFailed, { step: "sweep", ...faultFields(error) });
  return "internal-error";
}

function haltedRun(feed: Feed, reason: string): FeedRun {
  return { feed, tally: noTally(), ending: { kind: "stopped", reason }, sweptUntil: undefined };
}
