import type { DatabaseSync } from "node:sqlite";
import type { MembersChanged, SegmentHistory } from "./segment-history.ts";

/** A segment of the public API: `big` has one context kind, `list` has targets of several. */
export type KeyedSegment = {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly sort: "big" | "list";
  /** Of a big segment; of a list the kind that a request without one means. */
  readonly contextKind: string;
};

/** Keys of one context kind that become members of a segment, or cease to be. */
export type Targets = {
  readonly contextKind: string;
  readonly action: "add" | "remove";
  readonly keys: readonly string[];
};

/** A context as a segment names it. */
export type ContextName = { readonly contextKind: string; readonly contextKey: string };

export type KeyedSegmentStore = {
  readonly make: (environmentId: string, segment: KeyedSegment) => "made" | "exists";
  readonly find: (environmentId: string, key: string) => KeyedSegment | undefined;
  /** Members by context kind, in order. */
  readonly membersOf: (environmentId: string, key: string) => ReadonlyMap<string, readonly string[]>;
  /** All of it, or nothing when the segment would have more than `atMost` members. */
  readonly target: (
    environmentId: string,
    key: string,
    change: { readonly targets: readonly Targets[]; readonly atMost?: number },
  ) => MembersChanged | "too-many";
  readonly has: (environmentId: string, key: string, member: ContextName) => boolean;
  readonly remove: (environmentId: string, key: string) => void;
  readonly list: () => readonly (KeyedSegment & { readonly environmentId: string })[];
};

/** The segments of the public API in the sandbox's database, beside the synced ones. */
export function keyedSegmentStore(database: DatabaseSync, history: SegmentHistory): KeyedSegmentStore {
  database.exec(`
    CREATE TABLE IF NOT EXISTS keyed_segments (
      environment TEXT NOT NULL,
      key TEXT NOT NULL,
      segment TEXT NOT NULL,
      PRIMARY KEY (environment, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS targets (
      environment TEXT NOT NULL,
      segment TEXT NOT NULL,
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      PRIMARY KEY (environment, segment, kind, key)
    ) WITHOUT ROWID;`);
  const insertSegment = database.prepare(
    "INSERT INTO keyed_segments VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const findSegment = database.prepare(
    "SELECT segment FROM keyed_segments WHERE environment = ? AND key = ?",
  );
  const listSegments = database.prepare("SELECT environment, segment FROM keyed_segments");
  const insertTarget = database.prepare("INSERT INTO targets VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
  const deleteTarget = database.prepare(
    "DELETE FROM targets WHERE environment = ? AND segment = ? AND kind = ? AND key = ?",
  );
  const findTarget = database.prepare(
    "SELECT 1 FROM targets WHERE environment = ? AND segment = ? AND kind = ? AND key = ?",
  );
  const deleteSegment = database.prepare("DELETE FROM keyed_segments WHERE environment = ? AND key = ?");
  const deleteTargets = database.prepare("DELETE FROM targets WHERE environment = ? AND segment = ?");
  const listTargets = database.prepare(
    "SELECT kind, key FROM targets WHERE environment = ? AND segment = ? ORDER BY kind, key",
  );
  const countTargets = database.prepare(
    "SELECT COUNT(*) AS count FROM targets WHERE environment = ? AND segment = ?",
  );
  return {
    make: (environmentId, segment) => {
      const made = insertSegment.run(environmentId, segment.key, JSON.stringify(segment)).changes > 0;
      if (made) history.begin(environmentId, segment.key);
      return made ? "made" : "exists";
    },
    find: (environmentId, key) => {
      const row = findSegment.get(environmentId, key);
      return row && JSON.parse(String(row.segment));
    },
    membersOf: (environmentId, key) => {
      const members = new Map<string, string[]>();
      for (const row of listTargets.all(environmentId, key)) {
        const kind = String(row.kind);
        const keys = members.get(kind) ?? [];
        keys.push(String(row.key));
        members.set(kind, keys);
      }
      return members;
    },
    target: (environmentId, key, { targets, atMost }) => {
      database.exec("BEGIN IMMEDIATE");
      const changed = { added: 0, removed: 0 };
      for (const { contextKind, action, keys } of targets) {
        const statement = action === "add" ? insertTarget : deleteTarget;
        for (const member of keys)
          changed[action === "add" ? "added" : "removed"] += Number(
            statement.run(environmentId, key, contextKind, member).changes,
          );
      }
      history.change(environmentId, key, changed);
      const isTooMany =
        Number(countTargets.get(environmentId, key)?.count) > (atMost ?? Number.POSITIVE_INFINITY);
      database.exec(isTooMany ? "ROLLBACK" : "COMMIT");
      return isTooMany ? "too-many" : changed;
    },
    has: (environmentId, key, { contextKind, contextKey }) =>
      findTarget.get(environmentId, key, contextKind, contextKey) !== undefined,
    remove: (environmentId, key) => {
      database.exec("BEGIN IMMEDIATE");
      deleteTargets.run(environmentId, key);
      deleteSegment.run(environmentId, key);
      history.end(environmentId, key);
      database.exec("COMMIT");
    },
    list: () =>
      listSegments.all().map((row) => ({
        ...JSON.parse(String(row.segment)),
        environmentId: String(row.environment),
      })),
  };
}
