import * as z from "zod/mini";
import { describeProblems } from "../../lib/connections/problems.ts";
import type { Place } from "../../lib/launchdarkly/audit-log/paging.ts";
import type { CollectPorts } from "./collect.ts";
import type { Feed } from "./destinations.ts";
import { noTally, type Tally, totalOf } from "./tally.ts";
import { turnPage } from "./turn-page.ts";

/** What to read once more: from `from` on and before `to`, Unix ms. Without a connection, for all that are swept. */
export type BackfillRequest = { readonly from: number; readonly to: number; readonly connection?: string };

/** The answer to whoever invoked it. Without `done`, invoking again with `next` as the event goes on. */
export type BackfillAnswer = {
  readonly done: boolean;
  readonly next?: { readonly from: string; readonly to: string; readonly connection?: string };
  /** Why it is not done. */
  readonly reason?: string;
  /** Connections of which nothing can be read before a person has acted; the log says what to do. */
  readonly failed?: readonly { readonly connection: string; readonly reason: string }[];
  readonly read: number;
  readonly queued: number;
};

/** The event of an invocation cannot be used. The message says what is expected, and quotes nothing of it. */
export class BackfillRequestError extends Error {
  override readonly name = "BackfillRequestError";
}

const moment = z.union(
  [
    z.pipe(
      z.iso.date(),
      z.transform((day) => Date.parse(`${day}T00:00:00Z`)),
    ),
    z.pipe(
      z.iso.datetime({ offset: true }),
      z.transform((text) => Date.parse(text)),
    ),
  ],
  { error: "expected a date or a time: 2026-01-31 (its midnight in UTC) or 2026-01-31T09:30:00Z" },
);

const requestShape = z.strictObject(
  { from: moment, to: z.optional(moment), connection: z.optional(z.string()) },
  {
    error: ({ code }) =>
      code === "unrecognized_keys" ? "no such member; the members are from, to, connection" : undefined,
  },
);

/**
 * Reads the event of an invocation.
 * @throws {BackfillRequestError} naming everything that is wrong with it
 */
export function readBackfillRequest(
  event: unknown,
  { nowMs, connections }: { readonly nowMs: number; readonly connections: readonly string[] },
): BackfillRequest {
  const parsed = requestShape.safeParse(event);
  if (!parsed.success)
    throw new BackfillRequestError(
      [...describeProblems(parsed.error, event), 'for example: {"from": "2026-01-01"}'].join("; "),
    );
  if (connections.length === 0)
    throw new BackfillRequestError("connections.yml: expected a connection with sweep, there is none");
  const { from, to = nowMs, connection } = parsed.data;
  if (from >= Math.min(to, nowMs))
    throw new BackfillRequestError('from: expected a time that has passed, and is before "to"');
  if (connection !== undefined && !connections.includes(connection))
    throw new BackfillRequestError(
      `connection: expected a connection with sweep (${connections.map((name) => `"${name}"`).join(", ")})`,
    );
  return { from, to: Math.min(to, nowMs), ...(connection !== undefined && { connection }) };
}

/** How far one feed has been read. */
type Walk = { readonly feed: Feed; readonly known: Set<string>; readonly tally: Tally; place: Place };

/**
 * Queues what the log has of a span of time, as historical. No cursor moves, and what was queued before is queued again:
 * it is the same event. The feed that is furthest behind always reads next, so that one time says how far all of them
 * have got.
 */
export async function backfill(
  { from, to, connection }: BackfillRequest,
  feeds: readonly Feed[],
  ports: CollectPorts & { readonly onFailed: (feed: Feed, reason: string) => void },
): Promise<BackfillAnswer> {
  const walks = feeds
    .filter((feed) => connection === undefined || feed.connection === connection)
    .map((feed): Walk => ({ feed, known: new Set(), tally: noTally(), place: { before: to } }));
  const open = new Set(walks);
  const failed: { connection: string; reason: string }[] = [];
  const answer = (rest: Pick<BackfillAnswer, "done" | "next" | "reason">): BackfillAnswer => {
    const { read, queued } = totalOf(walks.map(({ tally }) => tally));
    return { ...rest, ...(failed.length > 0 && { failed }), read, queued };
  };
  while (true) {
    const walk = furthestBehind(open);
    if (!walk) return answer({ done: failed.length === 0 });
    const { feed, known, tally, place } = walk;
    const wanted = { feed, span: { from, until: to }, isHistorical: true };
    const turned = await turnPage(place, wanted, { isKnown: (id) => known.has(id), tally }, ports);
    if (turned.kind === "misconfigured") {
      failed.push({ connection: feed.connection, reason: turned.reason });
      ports.onFailed(feed, turned.reason);
      open.delete(walk);
      continue;
    }
    const halt = turned.kind === "stopped" ? turned : turned.halt;
    if (turned.kind === "turned") {
      for (const { id } of turned.queued) known.add(id);
      if (turned.next) walk.place = turned.next;
      else open.delete(walk);
    }
    if (halt) {
      const before = furthestBehind(open)?.place.before ?? to;
      const next = {
        from: textOf(from),
        to: textOf(before),
        ...(connection !== undefined && { connection }),
      };
      return answer({ done: false, next, reason: halt.reason });
    }
  }
}

function furthestBehind(walks: ReadonlySet<Walk>): Walk | undefined {
  return [...walks].reduce<Walk | undefined>(
    (behind, walk) => (behind && behind.place.before >= walk.place.before ? behind : walk),
    undefined,
  );
}

function textOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
