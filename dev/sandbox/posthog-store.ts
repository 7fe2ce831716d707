import { DatabaseSync } from "node:sqlite";
import type { Json } from "../../lib/json.ts";
import type { CapturedEvent } from "./posthog-body.ts";

export type PosthogStore = {
  /**
   * Keeps the events of one project. PostHog's table takes two events for one when uuid, name, distinct_id and day are the
   * same, and keeps the later copy; without a uuid every event is one of its own.
   */
  readonly add: (project: string, events: readonly CapturedEvent[]) => void;
  /** With `last` no more events than that: the newest, in their order. */
  readonly list: (last?: number) => {
    readonly events: readonly Json[];
    readonly received: number;
    readonly distinct: number;
  };
  /** Keeps an annotation under an id of its own, and gives it. */
  readonly annotate: (projectId: string, annotation: Json) => Json;
  /** Newest first. */
  readonly annotations: (projectId?: string) => readonly Json[];
  readonly close: () => void;
};

/** What the sandbox's PostHog holds: in memory, or in `file`, where it survives the end of the process. */
export function openPosthogStore(file = ":memory:"): PosthogStore {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY, identity TEXT UNIQUE, project TEXT NOT NULL, event TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS received (number INTEGER PRIMARY KEY CHECK (number = 1), events INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS annotations (id INTEGER PRIMARY KEY, project TEXT NOT NULL, annotation TEXT NOT NULL);
    INSERT INTO received (number, events) VALUES (1, 0) ON CONFLICT DO NOTHING;`);
  const putEvent = database.prepare(
    "INSERT INTO events (identity, project, event) VALUES (?, ?, ?) ON CONFLICT (identity) DO UPDATE SET event = excluded.event",
  );
  const countReceived = database.prepare("UPDATE received SET events = events + ?");
  const listEvents = database.prepare(
    "SELECT * FROM (SELECT number, project, event FROM events ORDER BY number DESC LIMIT ?) ORDER BY number",
  );
  const countEvents = database.prepare("SELECT COUNT(*) AS events FROM events");
  const readReceived = database.prepare("SELECT events FROM received");
  const putAnnotation = database.prepare("INSERT INTO annotations (project, annotation) VALUES (?, ?)");
  const listAnnotations = database.prepare(
    "SELECT id, project, annotation FROM annotations WHERE ? IN ('', project) ORDER BY id DESC",
  );
  return {
    add: (project, events) => {
      database.exec("BEGIN IMMEDIATE");
      countReceived.run(events.length);
      for (const event of events) putEvent.run(identityOf(project, event), project, JSON.stringify(event));
      database.exec("COMMIT");
    },
    list: (last = -1) => {
      const events = listEvents
        .all(last)
        .map((row): Json => ({ ...JSON.parse(String(row.event)), project: String(row.project) }));
      return {
        events,
        received: Number(readReceived.get()?.events),
        distinct: Number(countEvents.get()?.events),
      };
    },
    annotate: (projectId, annotation) => {
      const { lastInsertRowid } = putAnnotation.run(projectId, JSON.stringify(annotation));
      return { id: Number(lastInsertRowid), ...annotation };
    },
    annotations: (projectId = "") =>
      listAnnotations
        .all(projectId)
        .map((row) => ({ id: Number(row.id), ...JSON.parse(String(row.annotation)) })),
    close: () => database.close(),
  };
}

/** https://github.com/PostHog/posthog/blob/master/posthog/models/event/sql.py: the sort key of a ReplacingMergeTree */
function identityOf(
  project: string,
  { uuid, event, distinct_id: id, timestamp }: CapturedEvent,
): string | null {
  if (uuid === undefined) return null;
  return JSON.stringify([project, uuid, event, id, new Date(timestamp).toISOString().slice(0, 10)]);
}
