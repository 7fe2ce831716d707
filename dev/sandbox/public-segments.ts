import type { DatabaseSync } from "node:sqlite";
import { segmentKeyOf } from "../../lib/launchdarkly/segments/segment-key.ts";
import type { ContextName, KeyedSegmentStore } from "./keyed-segment-store.ts";
import type { History, SegmentHistory } from "./segment-history.ts";

/** A segment of any sort as the public API knows it, but for its members. */
export type PublicSegment = History & {
  readonly environmentId: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly contextKind: string;
} & (
    | { readonly sort: "big" | "list" }
    /** Of a synced segment: whose it is. */
    | { readonly sort: "synced"; readonly integration: string; readonly id: string }
  );

export type PublicSegments = {
  /** By key. */
  readonly list: (environmentId: string) => readonly PublicSegment[];
  readonly find: (environmentId: string, key: string) => PublicSegment | undefined;
  readonly findSynced: (environmentId: string, integration: string, id: string) => PublicSegment | undefined;
  /** The targets of a list segment by context kind; LaunchDarkly shows those of no other. */
  readonly targetsOf: (segment: PublicSegment) => ReadonlyMap<string, readonly string[]>;
  /** The keys of a big or synced segment, in order. */
  readonly keysOf: (segment: PublicSegment) => readonly string[];
  readonly has: (segment: PublicSegment, member: ContextName) => boolean;
  readonly remove: (segment: PublicSegment) => void;
};

/** All segments of the sandbox, those that integrations sync and those of the public API, behind one face. */
export function publicSegments(
  database: DatabaseSync,
  { keyed, history }: { readonly keyed: KeyedSegmentStore; readonly history: SegmentHistory },
): PublicSegments {
  const listSynced = database.prepare("SELECT * FROM segments WHERE environment = ?");
  const findSyncedRow = database.prepare(
    "SELECT * FROM segments WHERE environment = ? AND integration = ? AND id = ?",
  );
  const findMember = database.prepare(
    `SELECT 1 FROM members JOIN segments ON number = segment
     WHERE environment = ? AND integration = ? AND id = ? AND key = ?`,
  );
  const listKeys = database.prepare(
    `SELECT key FROM members JOIN segments ON number = segment
     WHERE environment = ? AND integration = ? AND id = ? ORDER BY key`,
  );
  const deleteMembers = database.prepare(
    `DELETE FROM members WHERE segment =
       (SELECT number FROM segments WHERE environment = ? AND integration = ? AND id = ?)`,
  );
  const deleteSynced = database.prepare(
    "DELETE FROM segments WHERE environment = ? AND integration = ? AND id = ?",
  );

  const synced = (environmentId: string, row: Record<string, unknown>): PublicSegment => {
    const [integration, id] = [String(row.integration), String(row.id)];
    const key = syncedKeyOf(integration, id);
    return {
      ...history.of(environmentId, key),
      ...{ environmentId, key, integration, id, sort: "synced" },
      ...{ name: String(row.name), description: "", tags: [], contextKind: String(row.kind) },
    };
  };
  return {
    list: (environmentId) => {
      const own = keyed
        .list()
        .filter((segment) => segment.environmentId === environmentId)
        .map((segment) => ({ ...segment, ...history.of(environmentId, segment.key) }));
      const others = listSynced.all(environmentId).map((row) => synced(environmentId, row));
      return [...own, ...others].sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    find: (environmentId, key) => {
      const own = keyed.find(environmentId, key);
      if (own) return { ...own, environmentId, ...history.of(environmentId, key) };
      const row = listSynced
        .all(environmentId)
        .find(({ integration, id }) => syncedKeyOf(String(integration), String(id)) === key);
      return row && synced(environmentId, row);
    },
    findSynced: (environmentId, integration, id) => {
      const row = findSyncedRow.get(environmentId, integration, id);
      return row && synced(environmentId, row);
    },
    targetsOf: ({ sort, environmentId, key }) =>
      sort === "list" ? keyed.membersOf(environmentId, key) : new Map(),
    keysOf: (segment) => {
      const { environmentId, key, contextKind } = segment;
      if (segment.sort !== "synced") return keyed.membersOf(environmentId, key).get(contextKind) ?? [];
      const rows = listKeys.all(environmentId, segment.integration, segment.id);
      return rows.map((row) => String(row.key));
    },
    has: (segment, member) => {
      const { environmentId, key, contextKind } = segment;
      if (segment.sort !== "synced") return keyed.has(environmentId, key, member);
      const { integration, id } = segment;
      return (
        member.contextKind === contextKind &&
        findMember.get(environmentId, integration, id, member.contextKey) !== undefined
      );
    },
    remove: (segment) => {
      const { environmentId, key } = segment;
      if (segment.sort !== "synced") return keyed.remove(environmentId, key);
      const { integration, id } = segment;
      database.exec("BEGIN IMMEDIATE");
      deleteMembers.run(environmentId, integration, id);
      deleteSynced.run(environmentId, integration, id);
      history.end(environmentId, key);
      database.exec("COMMIT");
    },
  };
}

/**
 * The key of a synced segment. LaunchDarkly documents none; its sample server for integrations makes
 * `<integration>-<id>`. An id that no key may hold has its digest behind it, so that two ids are never one segment.
 * https://github.com/launchdarkly/integration-framework/tree/main/server
 */
export function syncedKeyOf(integration: string, id: string): string {
  const key = `${integration}-${id}`;
  if (/^[\w.-]+$/.test(key)) return key;
  return `${integration}-${segmentKeyOf(id)}`;
}
