import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { audienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import { flagChangesMessage } from "../../lib/messages/flag-changes.ts";
import { metricEventsMessage } from "../../lib/messages/metric-events.ts";
import { type Consumer, startConsumers } from "../support/consumers.ts";
import { SEARCH_TIMES } from "../support/length.ts";
import { mutated } from "../support/mutated-json.ts";

/** More than JSON can be written again, and still a message of 50 KB. */
const deep = `${"[".repeat(25_000)}${"]".repeat(25_000)}`;

/** In most of the strange messages, and must be in no log. */
const MARK = "MEMBER-OF-ALL";
const nowMs = Date.now();

type Kind = {
  readonly schema: z.core.$ZodType;
  /** A message that is right, with one item that the destination can be asked for. */
  readonly message: (item: string) => object;
  /** Nothing that ingest makes, and near enough to it to look right. */
  readonly extremes: Readonly<Record<string, object>>;
};

const operation = { segment: 0, action: "add", at: nowMs, index: 0, id: "operation" };
const event = { type: "custom", key: "bought", at: nowMs, index: 0, id: "event" };

function operations(keys: readonly string[], rest: object = {}): object {
  return {
    ...{ v: 1, kind: "audience.operations", connection: "cdp", acceptedAt: nowMs },
    segments: [{ id: "beta", name: "Beta", kind: "user" }],
    operations: keys.map((key) => ({ ...operation, key, ...rest })),
  };
}

function segmentOf(rest: object): object {
  return { ...operations([MARK]), segments: [{ id: "beta", name: "Beta", kind: "user", ...rest }] };
}

function events(users: readonly string[], rest: object = {}): object {
  return {
    ...{ v: 1, kind: "metric.events", connection: "cdp", acceptedAt: nowMs },
    events: users.map((user) => ({ ...event, contextKeys: { user }, ...rest, id: `event-${user}` })),
  };
}

const EMPTY = Object.fromEntries(
  ["entryId", "accountId", "title", "titleVerb", "description", "comment", "site"].map((field) => [
    field,
    "",
  ]),
);

function changes(names: readonly string[], rest: object = {}): object {
  return {
    ...{ v: 1, kind: "flag.change", connection: "changes", acceptedAt: nowMs },
    changes: names.map((name) => ({
      ...EMPTY,
      ...{ id: `entry-${name}`, at: nowMs, index: 0, kind: "flag", name, tags: [] },
      accesses: [{ action: "updateOn", resource: "proj/web:env/test:flag/one" }],
      ...rest,
    })),
  };
}

const KINDS: Readonly<Record<Consumer["name"], Kind>> = {
  "audience-batcher": {
    schema: audienceOperationsMessage,
    message: (item) => operations([item]),
    extremes: {
      "a key that is no Unicode": operations(["\ud800"]),
      "a key with a zero character": operations(["\u0000", "\uffff"]),
      "a key of 5,000 characters": operations(["x".repeat(5_000)]),
      "keys that objects have": operations(["__proto__", "constructor", "toString"]),
      "a time in the deep past": operations([MARK], { at: Number.MIN_SAFE_INTEGER }),
      "a time in the far future": operations([MARK], { at: Number.MAX_SAFE_INTEGER }),
      "an id of 50,000 characters": operations([MARK], { id: "x".repeat(50_000) }),
      "an id that is no Unicode": operations([MARK], { id: "\ud800" }),
      "a connection that is gone": { ...operations([MARK]), connection: "gone" },
      "a connection that objects have": { ...operations([MARK]), connection: "__proto__" },
      "an acceptance long ago": { ...operations([MARK]), acceptedAt: 0 },
      "a segment that is no Unicode": segmentOf({ id: "\ud800" }),
      "a segment's id of 5,000 characters": segmentOf({ id: "x".repeat(5_000) }),
      "a segment's name that is no Unicode": segmentOf({ name: "\ud800" }),
      "a context kind of 3,000 characters": segmentOf({ kind: "k".repeat(3_000) }),
      "a context kind that is no Unicode": segmentOf({ kind: "\ud800" }),
    },
  },
  "metric-forwarder": {
    schema: metricEventsMessage,
    message: (item) => events([item]),
    extremes: {
      "data nested 25,000 times": events([MARK], { data: { deep: "DEEP" } }),
      "data with names that objects have": events([MARK], {
        data: JSON.parse('{"__proto__":{},"toJSON":"x"}'),
      }),
      "an extreme time and value": events([MARK], { at: Number.MIN_SAFE_INTEGER, value: 1e308 }),
      "a key that is no Unicode": events(["\ud800"]),
      "a key with a zero character": events(["\u0000"]),
      "a key of 5,000 characters": events(["x".repeat(5_000)]),
      "an id of 50,000 characters": events([MARK], { id: "x".repeat(50_000) }),
      "a connection that is gone": { ...events([MARK]), connection: "gone" },
      "a connection that objects have": { ...events([MARK]), connection: "constructor" },
      "an acceptance long ago": { ...events([MARK]), acceptedAt: 0 },
    },
  },
  "posthog-forwarder": {
    schema: flagChangesMessage,
    message: (item) => changes([item]),
    extremes: {
      "a time in the deep past": changes([MARK], { at: Number.MIN_SAFE_INTEGER }),
      "a time in the far future": changes([MARK], { at: Number.MAX_SAFE_INTEGER }),
      "a time that Date has none for": changes([MARK], { at: 8.64e15 + 1 }),
      "a name that is no Unicode": changes(["\ud800", "\u0000"]),
      "a description of 50,000 characters": changes([MARK], { description: "[".repeat(50_000) }),
      "a title of nothing but links": changes([MARK], { title: "[a](b".repeat(10_000) }),
      "a resource of nothing but separators": changes([MARK], {
        accesses: [{ action: ";:/", resource: ":;/*".repeat(10_000) }],
      }),
      "a kind that objects have": changes([MARK], { kind: "__proto__" }),
      "a connection that is gone": { ...changes([MARK]), connection: "gone" },
      "an acceptance long ago": { ...changes([MARK]), acceptedAt: 0 },
    },
  },
};

/** Texts that are no message of this kind: no JSON, another kind, another version, or one that was right once. */
function strange(own: Kind): fc.Arbitrary<string> {
  const right = fc.constantFrom(...Object.values(KINDS).map(({ message }) => message(MARK)));
  return fc
    .oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
      right.map((message) => JSON.stringify(message)),
      fc.tuple(right, fc.nat(150)).map(([message, length]) => JSON.stringify(message).slice(0, length)),
      fc.constantFrom(0, 2, "1", null).map((v) => JSON.stringify({ ...own.message(MARK), v })),
      fc
        .oneof(fc.string(), fc.constantFrom("audience.operation", "flag.changes", "__proto__"))
        .map((kind) => JSON.stringify({ ...own.message(MARK), kind })),
      mutated(fc.constant(own.message(MARK))).map((value) => JSON.stringify(value)),
      fc.constantFrom("[".repeat(200_000), `{"v":1,"kind":${"[".repeat(30_000)}${"]".repeat(30_000)}}`),
    )
    .filter((body) => !isMessage(own, body));
}

function isMessage({ schema }: Kind, body: string): boolean {
  try {
    return z.safeParse(schema, JSON.parse(body)).success;
  } catch {
    return false;
  }
}

/** Strange bodies among right ones, in any order. */
function batches(kind: Kind) {
  const body = fc.oneof(
    { weight: 2, arbitrary: strange(kind).map((text) => ({ isStrange: true, text })) },
    { weight: 1, arbitrary: fc.constant({ isStrange: false, text: "" }) },
  );
  return fc.array(body, { minLength: 1, maxLength: 20 });
}

let consumers: Awaited<ReturnType<typeof startConsumers>>;
beforeAll(async () => {
  consumers = await startConsumers((name, value) => vi.stubEnv(name, value));
});
afterAll(async () => {
  await consumers.stop();
  vi.unstubAllEnvs();
});

describe.each(Object.entries(KINDS))("in the queue of the %s", (name, kind) => {
  let number = 0;
  const rightOne = (): { readonly item: string; readonly text: string } => {
    number += 1;
    return { item: `right-${number}`, text: JSON.stringify(kind.message(`right-${number}`)) };
  };
  const consumer = (): Consumer => {
    const found = consumers.all.find((one) => one.name === name);
    if (!found) throw new Error(`there is no consumer ${name}`);
    return found;
  };

  test("what is no message is dead with its reason, and the rest of the batch arrives", async () => {
    await fc.assert(
      fc.asyncProperty(batches(kind), async (batch) => {
        const records = batch.map((one) =>
          one.isStrange ? { ...one, item: "" } : { ...one, ...rightOne() },
        );
        const { failed, letters, arrived, log } = await consumer().consume(records.map(({ text }) => text));
        expect(failed).toEqual([]);
        expect(letters.map(({ body }) => body)).toEqual(
          records.flatMap(({ isStrange, text }) => (isStrange ? [text] : [])),
        );
        for (const { attributes } of letters) {
          expect(attributes).toMatchObject({ reason: "invalid-message", connection: "unknown" });
          expect(attributes.cause?.length).toBeGreaterThan(0);
        }
        const rights = records.flatMap(({ isStrange, item }) => (isStrange ? [] : [item]));
        expect(rights.filter((item) => !arrived.has(item))).toEqual([]);
        expect(log).not.toContain(MARK);
      }),
      { numRuns: 100 * SEARCH_TIMES },
    );
  });

  test.each(Object.entries(kind.extremes))(
    "%s has a fate, and the rest of the batch arrives",
    async (_, extreme) => {
      const rights = [rightOne(), rightOne()];
      const body = JSON.stringify(extreme).replace('"DEEP"', deep);
      const bodies = [rights[0]?.text ?? "", body, rights[1]?.text ?? ""];
      const { failed, letters, arrived, log } = await consumer().consume(bodies);
      expect(rights.filter(({ item }) => !arrived.has(item))).toEqual([]);
      expect(failed.filter((place) => place !== 1)).toEqual([]);
      for (const { attributes } of letters) expect(attributes.reason).toMatch(/./);
      expect(log).not.toContain(MARK);
    },
  );
});
