import { DatabaseSync } from "node:sqlite";
import type { SegmentTargets } from "./segment-targets-body.ts";

/** A segment as `GET /sandbox/launchdarkly/segments` shows it. */
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
  readonly apply: (integration: string, targets: SegmentTargets) => "applied" | "other-context-kind";
  readonly list: () => readonly SandboxSegment[];
  readonly close: () => void;
};

/** What the sandbox's LaunchDarkly holds: in memory, or in `file`, where it survives the end of the process. */
export function openSegmentStore(file = ":memory:"): SegmentStore {
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
  const listSegments = database.prepare("SELECT * FROM segments ORDER BY environment, integration, id");
  const listMembers = database.prepare("SELECT key FROM members WHERE segment = ?");
  const insertMember = database.prepare(
    "INSERT INTO members (segment, key) VALUES (?, ?) ON CONFLICT DO NOTHING",
  );
  const deleteMember = database.prepare("DELETE FROM members WHERE segment = ? AND key = ?");

  const write = (integration: string, targets: SegmentTargets): "applied" | "other-context-kind" => {
    const { environmentId, cohortId, cohortName, contextKind, changes } = targets;
    insertSegment.run(environmentId, integration, cohortId, cohortName, contextKind);
    const segment = findSegment.get(environmentId, integration, cohortId);
    if (!segment || segment.kind !== contextKind) return "other-context-kind";
    for (const { key, action } of changes) {
      (action === "add" ? insertMember : deleteMember).run(Number(segment.number), key);
    }
    return "applied";
  };

  return {
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
    list: () =>
      listSegments.all().map((row) => ({
        environmentId: String(row.environment),
        integration: String(row.integration),
        id: String(row.id),
        name: String(row.name),
        contextKind: String(row.kind),
        members: listMembers
          .all(Number(row.number))
          .map((member) => String(member.key))
          .sort(),
      })),
    close: () => database.close(),
  };
}
