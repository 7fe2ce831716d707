import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditLogServer, entryAt, startAuditLogServer } from "../../test/support/audit-log-server.ts";
import { connectionsTo, localSweeper, START_MS } from "../../test/support/local-sweeper.ts";

let server: AuditLogServer;

beforeEach(async () => {
  server = await startAuditLogServer();
});

afterEach(() => server.stop());

const DAY_MS = 86_400_000;
const from = new Date(START_MS - 10 * DAY_MS).toISOString();

/** Entries a minute apart, the last one a minute before the sweeper's now. */
function addEntries(to: AuditLogServer, count: number, prefix = "e"): string[] {
  const entries = Array.from({ length: count }, (_, index) =>
    entryAt(START_MS - (count - index) * 60_000, `${prefix}${index}`),
  );
  to.entries.push(...entries);
  return entries.map(({ _id }) => _id);
}

describe("a backfill", () => {
  test("queues what a span of time has as historical, and moves no cursor", async () => {
    const local = localSweeper(connectionsTo({ one: server.url }));
    const ids = addEntries(server, 45);
    server.entries.push(entryAt(START_MS - 11 * DAY_MS, "before"));
    expect(await local.invoke({ from })).toEqual({ done: true, read: expect.any(Number), queued: 45 });
    expect(local.ids().sort()).toEqual(ids.sort());
    expect(local.queued.every(({ isHistorical }) => isHistorical)).toBe(true);
    expect(await local.cursors.read({ connection: "one", spec: "proj/*:env/*:flag/*" })).toBeUndefined();
  });

  test("takes its first ms in and leaves its last one out", async () => {
    const local = localSweeper(connectionsTo({ one: server.url }));
    const [first, last] = [Date.parse("2026-05-01T00:00:00Z"), Date.parse("2026-05-02T12:00:00Z")];
    for (const [name, date] of Object.entries({ under: first - 1, first, last: last - 1, over: last }))
      server.entries.push(entryAt(date, name));
    await local.invoke({ from: "2026-05-01", to: "2026-05-02T14:00:00+02:00" });
    expect(local.ids().sort()).toEqual(["first", "last"]);
  });

  test("is for every connection, or for the one that is named", async () => {
    const local = localSweeper(connectionsTo({ one: server.url, two: server.url }));
    addEntries(server, 1);
    await local.invoke({ from, connection: "two" });
    expect(local.queued).toMatchObject([{ connection: "two" }]);
    await local.invoke({ from });
    expect(local.queued.map(({ connection }) => connection).sort()).toEqual(["one", "two", "two"]);
  });

  test("that runs out of time says how to go on, and going on comes to its end", async () => {
    const other = await startAuditLogServer();
    const local = localSweeper(connectionsTo({ one: server.url, two: other.url }));
    const ids = [...addEntries(server, 70), ...addEntries(other, 50, "o")];
    let event: unknown = { from };
    let invocations = 0;
    for (let done = false; !done; invocations += 1) {
      let pages = 0;
      local.remainingMs = () => (pages++ < 2 ? 60_000 : 0);
      const answer = (await local.invoke(event)) as { done: boolean; next?: object; reason?: string };
      done = answer.done;
      event = answer.next;
      if (!done) expect(answer).toMatchObject({ reason: "out-of-time", next: { from } });
    }
    await other.stop();
    expect(invocations).toBeGreaterThan(2);
    expect(new Set(local.ids())).toEqual(new Set(ids));
  });

  test("that meets a limit ends, with where to go on", async () => {
    const local = localSweeper(connectionsTo({ one: server.url }));
    addEntries(server, 30);
    server.intercept = (_, count) => (count === 2 ? { status: 429 } : undefined);
    const to = new Date(START_MS - 20 * 60_000 + 1).toISOString();
    expect(await local.invoke({ from, connection: "one" })).toEqual({
      done: false,
      reason: "rate-limited",
      next: { from, to, connection: "one" },
      read: 20,
      queued: 20,
    });
  });

  test("names the connections that a person has to look after, and reads the others", async () => {
    const other = await startAuditLogServer();
    const local = localSweeper(connectionsTo({ one: server.url, two: other.url }));
    server.intercept = () => ({ status: 403 });
    addEntries(other, 1);
    expect(await local.invoke({ from })).toMatchObject({
      done: false,
      failed: [{ connection: "one", reason: "launchdarkly-403" }],
      queued: 1,
    });
    await other.stop();
    expect(local.lines).toContainEqual(expect.objectContaining({ event: "audit-log.unreadable" }));
  });
});

describe("an event that is neither the schedule's nor a backfill's is refused:", () => {
  test.each<[unknown, RegExp]>([
    [null, /for example: \{"from": "2026-01-01"\}/],
    [{}, /from: expected a date or a time/],
    [{ from: "1.2.2026" }, /from: expected a date or a time/],
    [{ from: 5 }, /from: expected a date or a time/],
    [{ from: "2026-01-01T10:00:00" }, /from: expected a date or a time/],
    [{ from: "2026-01-01", form: "2026" }, /form: no such member; the members are from, to, connection/],
    [{ from: "2026-02-01", to: "2026-01-01" }, /from: expected a time that has passed, and is before "to"/],
    [{ from: "2100-01-01" }, /from: expected a time that has passed/],
    [{ from: "2026-01-01", connection: "two" }, /connection: expected a connection with sweep \("one"\)/],
  ])("%j", async (event, message) => {
    const local = localSweeper(connectionsTo({ one: server.url }));
    await expect(local.invoke(event)).rejects.toThrow(message);
    expect(server.requests).toEqual([]);
  });

  test("any, when no connection is swept", async () => {
    const local = localSweeper(connectionsTo({}));
    await expect(local.invoke({ from: "2026-01-01" })).rejects.toThrow("expected a connection with sweep");
  });
});
