import { DatabaseSync } from "node:sqlite";
import { type KeyedSegmentStore, keyedSegmentStore } from "./keyed-segment-store.ts";
import { type PublicSegments, publicSegments, syncedKeyOf } from "./public-segments.ts";
import { type MembersChanged, segmentHistory } from "./segment-history.ts";
import type { SegmentTargets } from "./segment-targets-body.ts";

/** A segment as `GET /sandbox/launchdarkly/segments` shows it. Of the public API's, `integration` is the sort and `id` the key. */
export type SandboxSegment = {
  readonly environmentId: string;
  readonly integration: string;
  readonly id: string;
  readonly name: string;
  readonly contextKind: string;
  readonly members: readonly string[];
};

export type SegmentStore = {
  /** All of it or nothing. A segment is made by its first request and keeps that name and context kind. */
  readonly apply: (integration: string, targets: SegmentTargets) => MembersChanged | "other-context-kind";
  /** Segments of every sort. A list with members of several context kinds is there once for each. */
  readonly list: () => readonly SandboxSegment[];
  /** Those that the public API makes and changes. */
  readonly keyed: KeyedSegmentStore;
  /** All of them, as the public API reads them. */
  readonly public: PublicSegments;
  readonly close: () => void;
};

/** What the sandbox's LaunchDarkly holds: in memory, or in `file`, where it survives the end of the process. */
export function openSegmentStore(file = ":memory:", now: () => number = Date.now): SegmentStore {
  const database = new DatabaseSync(file);
  // No fsync: what the operating system has is safe from the death of this process, and that is all that is promised.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS segments (
      number INTEGER PRIMARY KEY,
      environment TEXT NOT NULL,
      integration TEXT NOT NULL,
      id TEXT NOT NULL,
      name TEXT NOT NULL,
      kind TEXT NOT NULL,
      UNIQUE (environment, integration, id)
    );
    CREATE TABLE IF NOT EXISTS members (
      segment INTEGER NOT NULL REFERENCES segments,
      key TEXT NOT NULL,
      PRIMARY KEY (segment, key)
    ) WITHOUT ROWID;`);
  const insertSegment = database.prepare(
    "INSERT INTO segments (environment, integration, id, name, kind) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const findSegment = database.prepare(
    "SELECT number, kind FROM segments WHERE environment = ? AND integration = ? AND id = ?",
  );
  const listSegments = database.prepare("SELECT * FROM segments");
  const listMembers = database.prepare("SELECT key FROM members WHERE segment = ?");
  const insertMember = database.prepare(
    "INSERT INTO members (segment, key) VALUES (?, ?) ON CONFLICT DO NOTHING",
  );
  const deleteMember = database.prepare("DELETE FROM members WHERE segment = ? AND key = ?");

  const history = segmentHistory(database, now);
  const write = (integration: string, targets: SegmentTargets): MembersChanged | "other-context-kind" => {
    const { environmentId, cohortId, cohortName, contextKind, changes } = targets;
    const segmentKey = syncedKeyOf(integration, cohortId);
    const isNew =
      insertSegment.run(environmentId, integration, cohortId, cohortName, contextKind).changes > 0;
    if (isNew) history.begin(environmentId, segmentKey);
    const segment = findSegment.get(environmentId, integration, cohortId);
    if (!segment || segment.kind !== contextKind) return "other-context-kind";
    const changed = { added: 0, removed: 0 };
    for (const { key, action } of changes) {
      const statement = action === "add" ? insertMember : deleteMember;
      const rows = Number(statement.run(Number(segment.number), key).changes);
      changed[action === "add" ? "added" : "removed"] += rows;
    }
    history.change(environmentId, segmentKey, changed);
    return changed;
  };

  const keyed = keyedSegmentStore(database, history);
  const synced = (row: Record<string, unknown>): SandboxSegment => ({
    environmentId: String(row.environment),
    integration: String(row.integration),
    id: String(row.id),
    name: String(row.name),
    contextKind: String(row.kind),
    members: listMembers
      .all(Number(row.number))
      .map((member) => String(member.key))
      .sort(),
  });
  const shownByKind = (segment: ReturnType<KeyedSegmentStore["list"]>[number]): SandboxSegment[] => {
    const { environmentId, key, name, sort } = segment;
    const members = keyed.membersOf(environmentId, key);
    const kinds = members.size > 0 ? [...members] : [[segment.contextKind, []] as const];
    return kinds.map(([contextKind, keys]) => ({
      environmentId,
      integration: sort,
      id: key,
      name,
      contextKind,
      members: [...keys].sort(),
    }));
  };
  return {
    keyed,
    public: publicSegments(database, { keyed, history }),
    apply: (integration, targets) => {
      database.exec("BEGIN IMMEDIATE");
      try {
        const outcome = write(integration, targets);
        database.exec("COMMIT");
        return outcome;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    list: () => [...listSegments.all().map(synced), ...keyed.list().flatMap(shownByKind)].sort(inOrder),
    close: () => database.close(),
  };
}

function inOrder(a: SandboxSegment, b: SandboxSegment): number {
  const placeOf = ({ environmentId, integration, id, contextKind }: SandboxSegment) =>
    JSON.stringify([environmentId, integration, id, contextKind]);
  return placeOf(a) < placeOf(b) ? -1 : 1;
}
