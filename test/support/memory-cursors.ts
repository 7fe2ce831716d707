import type {
  Cursor,
  CursorKey,
  Cursors,
  StoredCursor,
} from "../../functions/audit-log-sweeper/cursors/cursor.ts";

/** Cursors in memory. Each call takes a turn of its own, so that runs at a time really meet. */
export function memoryCursors(): Cursors {
  const stored = new Map<string, StoredCursor>();
  const nameOf = ({ connection, spec }: CursorKey) => JSON.stringify([connection, spec]);
  return {
    read: async (key) => structuredClone(stored.get(nameOf(key))),
    write: async (key, cursor: Cursor, n) => {
      if ((stored.get(nameOf(key))?.n ?? 0) !== n) return "overtaken";
      const { sweptUntil, open, queued } = structuredClone(cursor);
      stored.set(nameOf(key), { sweptUntil, ...(open && { open }), queued, n: n + 1 });
      return "written";
    },
  };
}
