import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Candidate, collapse } from "../../lib/audience/collapse.ts";
import { decide } from "../../lib/audience/decide.ts";
import type { Entry } from "../../lib/audience/ledger/ledger.ts";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import type { Action, AudienceOperation } from "../../lib/messages/operation.ts";
import { packAudienceOperations } from "../../lib/messages/pack.ts";
import { compareVersions } from "../../lib/messages/version.ts";
import { SEARCH_TIMES } from "../../test/support/length.ts";
import { backfill } from "./backfill.ts";
import { HASH_KEYS } from "./seen-texts.ts";
import { settingsOf } from "./settings.ts";

const AT = Date.parse("2026-05-03T12:00:00Z");
const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "one", secret: "one" } },
  connections: { own: { source: "flagbridge", secret: "own", audiences: { to: ["production"] } } },
});
const hashKeys = crypto.getRandomValues(new Int32Array(HASH_KEYS));

/** A key so long that a message holds 28 of them: a file of some hundred is many messages. */
const keyOf = (member: number) => `member-${member}-${"x".repeat(2_000)}`;

/** One run over the whole file, or from the line that the run before named; `dies` says after how many calls of SQS. */
const run = fc.record({
  dies: fc.option(fc.nat(12), { nil: undefined }),
  how: fc.constantFrom("killed" as const, "refused" as const, "stopped" as const),
  startsOver: fc.boolean(),
});

const live = fc.record({
  member: fc.nat(60),
  action: fc.constantFrom("add" as const, "remove" as const),
  /** Around the time of the export, the same millisecond included. */
  at: fc.integer({ min: -3, max: 3 }),
});

const story = fc.record({
  members: fc.array(fc.nat(60), { minLength: 1, maxLength: 200 }),
  action: fc.constantFrom("add" as const, "remove" as const),
  runs: fc.array(run, { maxLength: 4 }),
  live: fc.array(live, { maxLength: 20 }),
  /** In which order messages arrive, some of them twice. */
  order: fc.infiniteStream(fc.nat()),
});

/** What a run that dies leaves behind: nothing is thrown in a process that is killed, it only ends. */
class KilledError extends Error {
  override readonly name = "KilledError";
}

test("a backfill among live changes, kills and runs that go on ends at the newest operation of each member", async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ members, action, runs, live: changes, order }) => {
      const bodies: string[] = [];
      const file = Buffer.from(`key\n${members.map(keyOf).join("\n")}\n`);
      let fromLine = 1;
      for (const each of [...runs, { dies: undefined, how: "killed" as const, startsOver: false }])
        fromLine = await runOnce(file, { ...each, fromLine: each.startsOver ? 1 : fromLine, action, bodies });
      changes.forEach((change, index) => {
        bodies.push(...packAudienceOperations(liveRequest(change, index)));
      });
      const sent = bodies.flatMap((body) => operationsOf(audienceOperationsMessage.parse(JSON.parse(body))));
      const rows = new Set(
        sent.filter(({ version }) => version[3].startsWith("backfill-")).map(({ contextKey }) => contextKey),
      );
      expect([...rows].sort()).toEqual([...new Set(members.map(keyOf))].sort());
      const ends = consume(arrivals(bodies, order));
      for (const [key, newest] of newestOf(sent)) expect(ends.get(key)).toBe(newest);
    }),
    { numRuns: 100 * SEARCH_TIMES },
  );
});

type Once = {
  readonly dies: number | undefined;
  readonly how: "killed" | "refused" | "stopped";
  readonly fromLine: number;
  readonly action: Action;
  readonly bodies: string[];
};

/** Runs the real backfill. Returns the line to go on from, as the person was told it last. */
async function runOnce(file: Buffer, { dies, how, fromLine, action, bodies }: Once): Promise<number> {
  let calls = 0;
  let told = fromLine;
  let nowMs = AT + 60_000;
  const isOver = () => dies !== undefined && calls > dies;
  const request = { connection: "own", segment: "vip", action, at: new Date(AT).toISOString() };
  const chunks = async function* () {
    for (let at = 0; at < file.length; at += 20_000) yield file.subarray(at, at + 20_000);
  };
  const done = backfill(
    {
      input: {
        name: "members.csv",
        totalBytes: file.length,
        chunks: chunks(),
        bytesRead: () => 0,
        change: async () => undefined,
        close: async () => undefined,
      },
      settings: settingsOf(request, { connections, nowMs }),
      options: { fromLine, dryRun: false },
    },
    {
      send: async (parcel) => {
        calls += 1;
        // The message may be in the queue although nobody hears of it.
        if (isOver() && calls % 2 === 0) bodies.push(...parcel.bodies);
        if (isOver() && how === "killed") throw new KilledError();
        if (isOver() && how === "refused")
          return parcel.bodies.map(() => ({ kind: "failed", code: "AccessDenied" }));
        bodies.push(...parcel.bodies);
        return parcel.bodies.map(() => ({ kind: "confirmed" }));
      },
      now: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
      random: () => 1,
      isStopped: () => how === "stopped" && isOver(),
      refusedFile: { path: "", write: async () => undefined, close: async () => undefined },
      hashKeys,
      digest: (text) => hash("sha256", text),
      onProgress: ({ confirmedBefore }) => {
        told = confirmedBefore;
      },
    },
  );
  try {
    const end = await done;
    return end.kind === "stopped" ? (end.goOnFrom ?? 1) : fromLine;
  } catch (error) {
    // Of a run that was killed only what it had printed is known; one with nothing left to send says so.
    if (error instanceof KilledError || (error instanceof Error && error.message.includes("nothing is left")))
      return told;
    throw error;
  }
}

function liveRequest({ member, action, at }: { member: number; action: Action; at: number }, index: number) {
  const acceptedAt = AT + 1_000 + index;
  const operation: AudienceOperation = {
    segment: { id: "vip", name: "vip" },
    contextKind: "user",
    contextKey: keyOf(member),
    action,
    version: [AT + at, acceptedAt, 0, `live-${index}`],
  };
  return { connection: "own", acceptedAt, operations: [operation] };
}

function* arrivals(bodies: readonly string[], order: Iterable<number>): Generator<readonly string[]> {
  const left = [...bodies];
  const draws = order[Symbol.iterator]();
  const draw = () => draws.next().value ?? 0;
  while (left.length > 0) {
    const batch = Array.from({ length: 1 + (draw() % 3) }, () => left[draw() % left.length] ?? "");
    yield batch.filter((body) => body !== "");
    // SQS delivers at least once: some come again.
    for (const body of batch) if (draw() % 4 > 0 && left.includes(body)) left.splice(left.indexOf(body), 1);
  }
}

/** A batcher without failures, with the real rules. */
function consume(batches: Iterable<readonly string[]>): ReadonlyMap<string, Action> {
  const entries = new Map<string, Entry>();
  const held = new Map<string, Action>();
  const hold = { segment: { environment: "one", segment: "vip" }, n: 2, untilMs: AT * 2, dirty: 0 };
  for (const batch of batches) {
    const candidates = new Map<string, Candidate>();
    for (const body of batch)
      for (const { contextKey, action, version } of operationsOf(
        audienceOperationsMessage.parse(JSON.parse(body)),
      ))
        collapse(candidates, { contextKey, action, version, items: 0 }, () => undefined);
    for (const [key, operation] of candidates) {
      const decided = decide(operation, entries.get(key), hold, AT);
      if (decided === "stale") continue;
      if (decided === "send") held.set(key, operation.action);
      entries.set(key, { version: operation.version, action: operation.action, n: 1, at: AT });
    }
  }
  return held;
}

function newestOf(operations: readonly AudienceOperation[]): ReadonlyMap<string, Action> {
  const newest = new Map<string, AudienceOperation>();
  for (const operation of operations) {
    const before = newest.get(operation.contextKey);
    if (!before || compareVersions(operation.version, before.version) > 0)
      newest.set(operation.contextKey, operation);
  }
  return new Map([...newest].map(([key, { action }]) => [key, action]));
}
