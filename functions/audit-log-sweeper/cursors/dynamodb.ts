import * as z from "zod/mini";
import { readJson } from "../../../lib/json.ts";
import type { DynamoCalls, PassingFailure } from "../../../lib/table/calls.ts";
import { type Cursor, type CursorKey, type Cursors, CursorsUnavailableError } from "./cursor.ts";

/** Entries that are remembered, the newest: an item holds 400 KB, and an id takes 600 bytes at the very most. */
export const MAX_REMEMBERED = 500;

/** Every sweep writes its cursor: one that nobody has written for so long is of a connection or specifier that is gone. */
const ABANDONED_SECONDS = 400 * 86_400;

const ms = z.int();
const openWindow = z.object({ until: ms, before: ms, next: z.optional(z.string()) });
const state = z.object({
  sweptUntil: ms,
  open: z.optional(openWindow),
  queued: z.array(z.tuple([z.string(), ms])),
});
const item = z.object({
  n: z.object({ N: z.string().check(z.regex(/^\d{1,15}$/)) }),
  state: z.object({ S: z.string() }),
});

/**
 * Cursors in one DynamoDB table: partition key the connection, sort key the resource specifier. One attempt a call: the
 * next run is a minute away.
 */
export function dynamoCursors(
  calls: Pick<DynamoCalls, "get" | "update">,
  /** Unix ms. */
  now: () => number,
): Cursors {
  return {
    read: async (key) => {
      const answer = await calls.get(addressOf(key));
      if (answer.kind !== "answered") throw unavailable(answer);
      if (answer.item === undefined) return undefined;
      const stored = item.safeParse(answer.item);
      const parsed = state.safeParse(stored.success ? readJson(stored.data.state.S) : undefined);
      if (!stored.success || !parsed.success) throw foreign(key);
      const { queued, open, sweptUntil } = parsed.data;
      return {
        n: Number(stored.data.n.N),
        sweptUntil,
        ...(open && { open: openOf(open) }),
        queued: queued.map(([id, at]) => ({ id, at })),
      };
    },
    write: async (key, cursor, n) => {
      const answer = await calls.update({
        address: addressOf(key),
        update: "SET #n = :next, #state = :state, #expires = :expires",
        condition: n === 0 ? "attribute_not_exists(#n)" : "#n = :n",
        names: { "#n": "n", "#state": "state", "#expires": "expires" },
        values: {
          ...(n !== 0 && { ":n": { N: String(n) } }),
          ":next": { N: String(n + 1) },
          ":state": { S: JSON.stringify(stateOf(cursor)) },
          ":expires": { N: String(Math.ceil(now() / 1_000) + ABANDONED_SECONDS) },
        },
      });
      if (answer.kind === "condition-failed") return "overtaken";
      if (answer.kind !== "answered") throw unavailable(answer);
      return "written";
    },
  };
}

function stateOf({ sweptUntil, open, queued }: Cursor): z.input<typeof state> {
  const newest = [...queued].sort((a, b) => b.at - a.at).slice(0, MAX_REMEMBERED);
  return {
    sweptUntil,
    ...(open && { open: { until: open.until, ...open.place } }),
    queued: newest.map(({ id, at }) => [id, at]),
  };
}

function openOf({ until, before, next }: z.output<typeof openWindow>): NonNullable<Cursor["open"]> {
  return { until, place: { before, ...(next !== undefined && { next }) } };
}

function addressOf({ connection, spec }: CursorKey) {
  return { pk: connection, sk: spec };
}

function unavailable({ kind, cause }: PassingFailure): CursorsUnavailableError {
  return new CursorsUnavailableError(`the table of cursors is ${kind}`, { cause });
}

function foreign({ connection }: CursorKey): CursorsUnavailableError {
  return new CursorsUnavailableError(
    `the cursor of connection "${connection}" is none that Flagbridge wrote: delete the item, and invoke a backfill from when it was last right`,
  );
}
