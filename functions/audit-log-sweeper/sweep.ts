import type { CollectPorts } from "./collect.ts";
import type { Cursor, Cursors, StoredCursor } from "./cursors/cursor.ts";
import type { Feed } from "./destinations.ts";
import type { Tally } from "./tally.ts";
import { type Halt, turnPage } from "./turn-page.ts";

export type SweepPorts = CollectPorts & { readonly cursors: Cursors };

/** How a run over one feed ended. The next run continues where it was halted. */
export type Ending = { readonly kind: "done" } | Halt;

/** `cursor` is the last one that is known to be written. */
export type Swept = { readonly ending: Ending; readonly cursor: Cursor };

const DONE: Ending = { kind: "done" };
/** Another run reads the same feed, and continues. */
const OVERTAKEN: Ending = { kind: "stopped", reason: "overtaken" };

/** The schedule is seconds off now and then: a feed that is due every 15 minutes must not wait for a sixteenth. */
const SLACK_MS = 5_000;

/** A feed with an unfinished window is due at once. */
export function isDue({ sweptUntil, open }: Cursor, { everyMs }: Feed, nowMs: number): boolean {
  return open !== undefined || nowMs - sweptUntil >= everyMs - Math.min(SLACK_MS, everyMs / 10);
}

/** The first run of a feed starts its clock: older entries, except for the overlap, need a backfill. */
export async function startFeed(feed: Feed, { cursors, now }: SweepPorts): Promise<Swept> {
  const cursor: Cursor = { sweptUntil: now(), queued: [] };
  const written = await cursors.write(feed, cursor, 0);
  return { cursor, ending: written === "written" ? DONE : OVERTAKEN };
}

/**
 * Reads what the log has had since the cursor less the overlap, newest first, and queues it page by page. A page is
 * written down when the queue has confirmed all of it: a run that ends anywhere loses nothing and repeats one page.
 *
 * An entry may appear in the log late, at most by the overlap: one that came after this window began is so young that it
 * is in the next one as well.
 */
export async function sweepFeed(
  feed: Feed,
  stored: StoredCursor,
  tally: Tally,
  ports: SweepPorts,
): Promise<Swept> {
  const from = stored.sweptUntil - feed.overlapMs;
  const nowMs = ports.now();
  const { until, place: start } = stored.open ?? { until: nowMs, place: { before: nowMs } };
  const queued = new Map(stored.queued.map((entry) => [entry.id, entry]));
  const wanted = { feed, span: { from, until }, isHistorical: false };
  const memory = { isKnown: (id: string) => queued.has(id), tally };
  let [place, cursor, n]: [typeof start, Cursor, number] = [start, stored, stored.n];
  while (true) {
    const turned = await turnPage(place, wanted, memory, ports);
    if (turned.kind !== "turned") return { ending: turned, cursor };
    for (const entry of turned.queued) queued.set(entry.id, entry);
    const { next, halt } = turned;
    const entries = [...queued.values()];
    const progress: Cursor = next
      ? { sweptUntil: cursor.sweptUntil, open: { until, place: next }, queued: entries }
      : { sweptUntil: until, queued: entries.filter(({ at }) => at >= until - feed.overlapMs) };
    if ((await ports.cursors.write(feed, progress, n)) === "overtaken") return { ending: OVERTAKEN, cursor };
    cursor = progress;
    if (halt || !next) return { ending: halt ?? DONE, cursor };
    place = next;
    n += 1;
  }
}
