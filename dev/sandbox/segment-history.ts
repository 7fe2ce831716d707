import type { DatabaseSync } from "node:sqlite";

/** What LaunchDarkly knows of a segment besides its members. Times are Unix ms. */
export type History = {
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly version: number;
  readonly includedCount: number;
};

/** Members that a request has really added and removed: what was so before does not count. */
export type MembersChanged = { readonly added: number; readonly removed: number };

export type SegmentHistory = {
  readonly begin: (environmentId: string, key: string) => void;
  /** A change of nothing makes no new version. */
  readonly change: (environmentId: string, key: string, members: MembersChanged) => void;
  readonly end: (environmentId: string, key: string) => void;
  readonly of: (environmentId: string, key: string) => History;
};

/** The histories of all segments in the sandbox's database, by the key that the public API has for them. */
export function segmentHistory(database: DatabaseSync, now: () => number): SegmentHistory {
  database.exec(`
    CREATE TABLE IF NOT EXISTS segment_history (
      environment TEXT NOT NULL,
      key TEXT NOT NULL,
      created INTEGER NOT NULL,
      modified INTEGER NOT NULL,
      version INTEGER NOT NULL,
      included INTEGER NOT NULL,
      PRIMARY KEY (environment, key)
    ) WITHOUT ROWID;`);
  const insert = database.prepare("INSERT OR REPLACE INTO segment_history VALUES (?, ?, ?, ?, 1, 0)");
  const update = database.prepare(
    `UPDATE segment_history SET modified = ?, version = version + 1, included = max(0, included + ?)
     WHERE environment = ? AND key = ?`,
  );
  const find = database.prepare("SELECT * FROM segment_history WHERE environment = ? AND key = ?");
  const remove = database.prepare("DELETE FROM segment_history WHERE environment = ? AND key = ?");
  return {
    begin: (environmentId, key) => {
      const nowMs = now();
      insert.run(environmentId, key, nowMs, nowMs);
    },
    change: (environmentId, key, { added, removed }) => {
      if (added + removed > 0) update.run(now(), added - removed, environmentId, key);
    },
    end: (environmentId, key) => void remove.run(environmentId, key),
    of: (environmentId, key) => {
      const row = find.get(environmentId, key);
      // A data directory of an earlier version has segments without one.
      if (!row) return { createdAt: 0, modifiedAt: 0, version: 1, includedCount: 0 };
      return {
        createdAt: Number(row.created),
        modifiedAt: Number(row.modified),
        version: Number(row.version),
        includedCount: Number(row.included),
      };
    },
  };
}
