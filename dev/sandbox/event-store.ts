import { DatabaseSync } from "node:sqlite";

/** An event as it was sent, and the client-side ID of the environment it was sent to. */
export type StoredEvent = Readonly<Record<string, unknown>> & { readonly environmentId: string };

export type EventStore = {
  /** Keeps the events of a request unless its payload id is known; either way they count as received. */
  readonly add: (environmentId: string, payloadId: string | undefined, events: readonly object[]) => void;
  /** With `last` no more events than that: the newest, in their order. */
  readonly list: (last?: number) => {
    readonly events: readonly StoredEvent[];
    readonly received: number;
    readonly distinct: number;
  };
  readonly close: () => void;
};

/** What the sandbox's LaunchDarkly has counted: in memory, or in `file`, where it survives the end of the process. */
export function openEventStore(file = ":memory:"): EventStore {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS payloads (id TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY, environment TEXT NOT NULL, event TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS received (number INTEGER PRIMARY KEY CHECK (number = 1), events INTEGER NOT NULL);
    INSERT INTO received (number, events) VALUES (1, 0) ON CONFLICT DO NOTHING;`);
  const insertPayload = database.prepare("INSERT INTO payloads (id) VALUES (?) ON CONFLICT DO NOTHING");
  const insertEvent = database.prepare("INSERT INTO events (environment, event) VALUES (?, ?)");
  const countReceived = database.prepare("UPDATE received SET events = events + ?");
  const listEvents = database.prepare(
    "SELECT * FROM (SELECT number, environment, event FROM events ORDER BY number DESC LIMIT ?) ORDER BY number",
  );
  const countEvents = database.prepare("SELECT COUNT(*) AS events FROM events");
  const readReceived = database.prepare("SELECT events FROM received");
  return {
    add: (environmentId, payloadId, events) => {
      database.exec("BEGIN IMMEDIATE");
      countReceived.run(events.length);
      const isNew = payloadId === undefined || insertPayload.run(`${environmentId} ${payloadId}`).changes > 0;
      if (isNew) for (const event of events) insertEvent.run(environmentId, JSON.stringify(event));
      database.exec("COMMIT");
    },
    list: (last = -1) => {
      const events = listEvents.all(last).map(
        (row): StoredEvent => ({
          ...JSON.parse(String(row.event)),
          environmentId: String(row.environment),
        }),
      );
      return {
        events,
        received: Number(readReceived.get()?.events),
        distinct: Number(countEvents.get()?.events),
      };
    },
    close: () => database.close(),
  };
}
