import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditLogServer, entryAt, startAuditLogServer } from "../../test/support/audit-log-server.ts";
import {
  connectionsTo,
  type LocalSweeper,
  localSweeper,
  START_MS,
  type SweepOptions,
} from "../../test/support/local-sweeper.ts";

let server: AuditLogServer;

beforeEach(async () => {
  server = await startAuditLogServer();
});

afterEach(() => server.stop());

const MINUTE_MS = 60_000;
const SPEC = "proj/*:env/*:flag/*";
const key = { connection: "one", spec: SPEC };

/** A sweeper whose clock was started, a quarter of an hour later: its next run is due. */
async function dueSweeper(options?: SweepOptions): Promise<LocalSweeper> {
  const local = localSweeper(connectionsTo({ one: server.url }, options));
  await local.run();
  local.nowMs += 15 * MINUTE_MS;
  return local;
}

/** Entries of one ms each, the oldest first: `prefix0` is as old as the sweeper. */
function addEntries(count: number, prefix = "e", rest: object = {}): string[] {
  const entries = Array.from({ length: count }, (_, index) =>
    entryAt(START_MS + index, `${prefix}${index}`, { ...rest }),
  );
  server.entries.push(...entries);
  return entries.map(({ _id }) => _id);
}

describe("the first run", () => {
  test("starts the clock and reads nothing; the next one begins an overlap earlier", async () => {
    server.entries.push(
      entryAt(START_MS - 11 * MINUTE_MS, "too old"),
      entryAt(START_MS - MINUTE_MS, "young"),
    );
    const local = await dueSweeper();
    expect(server.requests).toEqual([]);
    await local.run();
    expect(local.ids()).toEqual(["young"]);
  });
});

describe("a run", () => {
  test("leaves the log alone until the connection is due", async () => {
    const local = await dueSweeper();
    local.nowMs -= MINUTE_MS;
    await local.run();
    expect(server.requests).toEqual([]);
    local.nowMs += MINUTE_MS - 3_000;
    await local.run();
    expect(server.requests).toHaveLength(1);
  });

  test("queues each entry once, although windows overlap", async () => {
    const local = await dueSweeper();
    server.entries.push(entryAt(local.nowMs - 1, "a"));
    for (let run = 0; run < 3; run += 1) {
      await local.run();
      local.nowMs += 5 * MINUTE_MS;
    }
    expect(local.ids()).toEqual(["a"]);
  });

  test("finds an entry that appears late, within the overlap", async () => {
    const local = await dueSweeper();
    await local.run();
    server.entries.push(entryAt(local.nowMs - 9 * MINUTE_MS, "late"));
    local.nowMs += 15 * MINUTE_MS;
    await local.run();
    expect(local.ids()).toEqual(["late"]);
  });

  test("queues what the filters of the webhook let through, and no more", async () => {
    const local = await dueSweeper({ only: { kinds: ["flag"], environments: ["production"] } });
    const accesses = [{ action: "updateOn", resource: "proj/web:env/test:flag/checkout" }];
    server.entries.push(entryAt(START_MS, "in"), entryAt(START_MS, "elsewhere", { accesses }));
    server.entries.push(entryAt(START_MS, "other", { kind: "segment" }));
    await local.run();
    expect(local.ids()).toEqual(["in"]);
  });

  test("skips what is no entry, counts it, and takes the rest", async () => {
    const local = await dueSweeper();
    server.entries.push(entryAt(START_MS, "good"), entryAt(START_MS, "bad", { kind: null }));
    await local.run();
    expect(local.ids()).toEqual(["good"]);
    expect(local.lines.at(-1)).toMatchObject({
      event: "audit-log.swept",
      fields: { unreadable: 1, queued: 1 },
    });
  });

  test("tells how late the feed is that is furthest behind", async () => {
    const local = await dueSweeper();
    local.nowMs += MINUTE_MS;
    server.intercept = () => ({ status: 500 });
    await local.run();
    expect(local.metrics).toContainEqual(
      expect.objectContaining({ CursorAgeMs: 16 * MINUTE_MS, SweepLateMs: MINUTE_MS }),
    );
    expect(local.metrics).toContainEqual({ SweepsHalted: 1 });
  });
});

test("where no connection sweeps, a run says nothing", async () => {
  const local = localSweeper(connectionsTo({}));
  await local.run();
  expect([local.lines, local.metrics]).toEqual([[], []]);
});

describe("a long backlog", () => {
  test("is read to its end, page by page, by one run if there is time", async () => {
    const local = await dueSweeper();
    const ids = addEntries(95);
    await local.run();
    expect(local.ids().sort()).toEqual(ids.sort());
    expect(await local.cursors.read(key)).toMatchObject({ sweptUntil: local.nowMs });
  });

  test("is read by as many runs as it takes, each going on where the last one was", async () => {
    const local = await dueSweeper();
    const ids = addEntries(95);
    // Time for one page: it is asked for before each.
    let asked = 0;
    local.remainingMs = () => (asked++ % 2 === 0 ? 60_000 : 0);
    const isDone = async () => (await local.cursors.read(key))?.sweptUntil === START_MS + 15 * MINUTE_MS;
    let runs = 0;
    for (; !(await isDone()); runs += 1) {
      await local.run();
      local.nowMs += MINUTE_MS;
    }
    expect(runs).toBeGreaterThan(4);
    expect(local.ids().sort()).toEqual(ids.sort());
  });

  test("goes on after a limit in the middle, when the limit has ended", async () => {
    const local = await dueSweeper();
    const ids = addEntries(60);
    server.intercept = (_, count) =>
      count === 2 ? { status: 429, headers: { "retry-after": "30" } } : undefined;
    await local.run();
    expect(local.queued).toHaveLength(20);
    expect(server.requests).toHaveLength(2);
    expect(local.lines.at(-1)).toMatchObject({ level: "info", fields: { halted: { "rate-limited": 1 } } });
    local.nowMs += MINUTE_MS;
    await local.run();
    expect(local.ids().sort()).toEqual(ids.sort());
  });

  test("misses none of the entries of one ms on both sides of a page's border", async () => {
    const local = await dueSweeper();
    const ids = [
      ...addEntries(15, "old"),
      ...addEntries(12, "same", { date: START_MS + 15 }),
      ...addEntries(30, "x"),
    ];
    for (const [index, entry] of server.entries.entries())
      if (entry._id.startsWith("x")) server.entries[index] = { ...entry, date: entry.date + 16 };
    await local.run();
    expect(local.ids().sort()).toEqual(ids.sort());
  });

  test("misses none when a whole page is of one ms, and the link leads to the rest", async () => {
    const local = await dueSweeper();
    const ids = addEntries(50, "same", { date: START_MS + 5 });
    await local.run();
    expect(local.ids().sort()).toEqual(ids.sort());
  });

  test("leaves a ms behind whose link leads nowhere any more, and tells of it", async () => {
    const local = await dueSweeper();
    const ids = addEntries(5);
    addEntries(30, "same", { date: START_MS + 50 });
    server.intercept = (path) => (path.includes("skip=") ? { status: 400 } : undefined);
    await local.run();
    expect(local.ids()).toEqual(expect.arrayContaining(ids));
    expect(local.lines.at(-1)).toMatchObject({
      event: "audit-log.swept",
      fields: { crowded: 1, queued: 25 },
    });
    expect(await local.cursors.read(key)).toMatchObject({ sweptUntil: local.nowMs });
  });

  test("is not confused by entries that appear meanwhile", async () => {
    const local = await dueSweeper();
    const ids = addEntries(50);
    server.intercept = (_, count) => {
      server.entries.push(
        entryAt(START_MS + 100 + count, `meanwhile${count}`),
        entryAt(START_MS - count, `b${count}`),
      );
      return undefined;
    };
    await local.run();
    server.intercept = () => undefined;
    local.nowMs += 15 * MINUTE_MS;
    await local.run();
    expect(local.ids()).toEqual(expect.arrayContaining(ids));
    expect(new Set(local.ids()).size).toBe(local.queued.length);
  });
});

describe("the cursor stays where it was", () => {
  test("when the queue did not confirm every message of a page", async () => {
    const local = await dueSweeper();
    const ids = addEntries(20, "e", { description: "d".repeat(9_000) });
    const before = await local.cursors.read(key);
    let bodies = 0;
    local.confirms = () => ++bodies !== 2;
    await local.run();
    expect(bodies).toBeGreaterThan(2);
    expect(await local.cursors.read(key)).toEqual(before);
    expect(local.lines).toContainEqual(
      expect.objectContaining({ level: "error", event: "queue.refused", fields: expect.anything() }),
    );
    local.confirms = () => true;
    await local.run();
    expect(new Set(local.ids())).toEqual(new Set(ids));
  });

  test("when the function ends between queue and cursor: the page is queued once more", async () => {
    const local = await dueSweeper();
    addEntries(2);
    const killed = localSweeper(connectionsTo({ one: server.url }), {
      ...local.cursors,
      write: () => Promise.reject(new Error("killed")),
    });
    killed.nowMs = local.nowMs;
    await killed.run();
    expect(killed.queued).toHaveLength(2);
    await local.run();
    expect(local.queued).toHaveLength(2);
  });

  test("of two runs at a time neither moves it back, and nothing is lost", async () => {
    const local = await dueSweeper();
    const ids = addEntries(70);
    const other = localSweeper(connectionsTo({ one: server.url }), local.cursors);
    other.nowMs = local.nowMs;
    await Promise.all([local.run(), other.run()]);
    local.nowMs += MINUTE_MS;
    await local.run();
    expect(new Set([...local.ids(), ...other.ids()])).toEqual(new Set(ids));
    expect((await local.cursors.read(key))?.sweptUntil).toBeGreaterThanOrEqual(START_MS + 15 * MINUTE_MS);
  });
});

describe("a connection that cannot be read", () => {
  test.each([
    [401, "secret"],
    [403, "role Reader"],
    [404, "instance"],
  ])("because of a %i is told of with what to do, and others go on", async (status, remedy) => {
    const sound = await startAuditLogServer();
    const local = localSweeper(connectionsTo({ one: server.url, two: sound.url }));
    await local.run();
    server.intercept = () => ({ status });
    sound.entries.push(entryAt(START_MS, "a"));
    local.nowMs += 15 * MINUTE_MS;
    await local.run();
    await sound.stop();
    expect(local.queued).toMatchObject([{ connection: "two", change: { id: "a" } }]);
    const errors = local.lines.filter(({ level }) => level === "error");
    expect(errors).toMatchObject([
      { event: "audit-log.unreadable", fields: { connection: "one", secret: "ld-one", environment: "one" } },
    ]);
    expect(errors[0]?.fields.remedy).toContain(remedy);
    expect(JSON.stringify(local.lines)).not.toContain("token of");
  });

  test.each([500, 503, 408])("because of a %i goes on with the next run", async (status) => {
    const local = await dueSweeper();
    addEntries(1);
    server.intercept = () => ({ status });
    await local.run();
    expect(local.queued).toEqual([]);
    server.intercept = () => undefined;
    await local.run();
    expect(local.ids()).toEqual(["e0"]);
  });
});

describe("an edit of several things, of which the list does not tell the direction", () => {
  const mixed = { titleVerb: "updated the flag", title: "Ana updated the flag Checkout" };
  const currentVersion = { environments: { production: { on: false } } };

  test("is read once more by its id, and once only", async () => {
    const local = await dueSweeper();
    server.entries.push(
      entryAt(local.nowMs - 1, "a", { ...mixed, currentVersion }),
      entryAt(local.nowMs - 2, "b"),
    );
    await local.run();
    local.nowMs += 15 * MINUTE_MS;
    await local.run();
    expect(local.queued.map(({ change }) => change.accesses[0]?.on)).toEqual([false, true]);
    expect(server.requests.map(({ path }) => path).filter((path) => !path.includes("?"))).toEqual([
      "/api/v2/auditlog/a",
    ]);
  });

  test.each<[string, number, string]>([
    ["cannot be read", 500, "{}"],
    ["is another one", 200, JSON.stringify(entryAt(START_MS, "other"))],
    ["is none", 200, "[]"],
  ])("goes out as the list has it when the entry %s", async (_, status, body) => {
    const local = await dueSweeper();
    server.entries.push(entryAt(START_MS, "a", mixed));
    server.intercept = (path) => (path.endsWith("/a") ? { status, body } : undefined);
    await local.run();
    expect(local.queued).toMatchObject([{ change: { id: "a", title: mixed.title } }]);
    expect(local.lines.at(-1)).toMatchObject({ fields: { incomplete: 1 } });
  });

  test("waits for the limit, but never so that nothing moves", async () => {
    const local = await dueSweeper();
    for (let index = 0; index < 5; index += 1)
      server.entries.push(entryAt(START_MS + index, `m${index}`, { ...mixed, currentVersion }));
    // Two requests and no more in each run.
    server.intercept = (_, count) => {
      if (count % 2 === 1) return undefined;
      const body = JSON.stringify(
        server.entries.find(({ _id }) => server.requests.at(-1)?.path.endsWith(_id)),
      );
      return {
        status: 200,
        body,
        headers: { "x-ratelimit-route-remaining": "0", "x-ratelimit-reset": `${local.nowMs + 9_000}` },
      };
    };
    for (let run = 0; run < 20; run += 1) {
      await local.run();
      local.nowMs += 10_000;
    }
    expect(local.ids()).toEqual(["m4", "m3", "m2", "m1", "m0"]);
    expect(local.queued.every(({ change }) => change.accesses[0]?.on === false)).toBe(true);
  });
});
