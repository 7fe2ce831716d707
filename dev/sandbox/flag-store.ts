import { DatabaseSync } from "node:sqlite";
import type { Json } from "../../lib/json.ts";

/** A flag of the sandbox, as far as a toggle knows it. Times are Unix ms. */
export type SandboxFlag = {
  readonly project: string;
  readonly key: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly version: number;
  readonly createdAt: number;
  readonly environments: Readonly<Record<string, SandboxFlagSettings>>;
};

export type SandboxFlagSettings = {
  readonly on: boolean;
  readonly version: number;
  readonly changedAt: number;
};

/** An entry of the audit log in its full form. */
export type SandboxEntry = Json & { readonly _id: string; readonly date: number };

export type FlagStore = {
  readonly flag: (project: string, key: string) => SandboxFlag | undefined;
  /** The flag as it is from now on and the entry that says so: both or neither. */
  readonly change: (flag: SandboxFlag, entry: SandboxEntry) => void;
  /** An entry of its own: of something that is kept elsewhere. */
  readonly append: (entry: SandboxEntry) => void;
  /** Those of a project, by key. */
  readonly flags: (project: string) => readonly SandboxFlag[];
  readonly entry: (id: string) => SandboxEntry | undefined;
  /** Newest first, between two times that are not in it; of one kind of entry or of all. */
  readonly entries: (after: number, before: number, kind?: string) => Iterable<SandboxEntry>;
  readonly close: () => void;
};

/** The flags and the audit log of the sandbox's LaunchDarkly: in memory, or in `file`, where they survive the process. */
export function openFlagStore(file = ":memory:"): FlagStore {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS flags (
      project TEXT NOT NULL, key TEXT NOT NULL, flag TEXT NOT NULL, PRIMARY KEY (project, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, date INTEGER NOT NULL, entry TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS entries_by_date ON entries (date, number);
    CREATE INDEX IF NOT EXISTS entries_by_kind ON entries (json_extract(entry, '$.kind'), date, number);`);
  const findFlag = database.prepare("SELECT flag FROM flags WHERE project = ? AND key = ?");
  const putFlag = database.prepare("INSERT OR REPLACE INTO flags (project, key, flag) VALUES (?, ?, ?)");
  const putEntry = database.prepare("INSERT INTO entries (id, date, entry) VALUES (?, ?, ?)");
  const findEntry = database.prepare("SELECT entry FROM entries WHERE id = ?");
  const listFlags = database.prepare("SELECT flag FROM flags WHERE project = ? ORDER BY key");
  const listEntriesOfKind = database.prepare(
    "SELECT entry FROM entries WHERE json_extract(entry, '$.kind') = ? AND date > ? AND date < ? ORDER BY date DESC, number DESC",
  );
  const listEntries = database.prepare(
    "SELECT entry FROM entries WHERE date > ? AND date < ? ORDER BY date DESC, number DESC",
  );
  return {
    flag: (project, key) => {
      const row = findFlag.get(project, key);
      return row && JSON.parse(String(row.flag));
    },
    change: (flag, entry) => {
      database.exec("BEGIN IMMEDIATE");
      putFlag.run(flag.project, flag.key, JSON.stringify(flag));
      putEntry.run(entry._id, entry.date, JSON.stringify(entry));
      database.exec("COMMIT");
    },
    entry: (id) => {
      const row = findEntry.get(id);
      return row && JSON.parse(String(row.entry));
    },
    append: (entry) => void putEntry.run(entry._id, entry.date, JSON.stringify(entry)),
    flags: (project) => listFlags.all(project).map(({ flag }) => JSON.parse(String(flag))),
    entries: function* (after, before, kind) {
      const rows =
        kind === undefined
          ? listEntries.iterate(after, before)
          : listEntriesOfKind.iterate(kind, after, before);
      for (const row of rows) yield JSON.parse(String(row.entry));
    },
    close: () => database.close(),
  };
}
