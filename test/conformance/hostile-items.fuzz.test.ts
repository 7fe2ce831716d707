import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isObject, readJson } from "../../lib/json.ts";
import { isAudienceOperationsMessage } from "../../lib/messages/audience-operations.ts";
import { isFlagQueueMessage } from "../../lib/messages/flag-changes.ts";
import { isMetricEventsMessage } from "../../lib/messages/metric-events.ts";
import { type Consumer, startConsumers } from "../support/consumers.ts";
import { IS_LONG, SEARCH_TIMES } from "../support/length.ts";
import { changedAt, placesIn } from "../support/mutated-json.ts";
import { type ItemKind, KINDS, MARK } from "./queue-items.ts";

/** What breaks code that was written for what people send. */
const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    ...["\ud800", `${MARK}\udc00`, `\ud800${MARK}`, "\u0000", "\uffff", "__proto__", "constructor", ""],
    ...[Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 8.64e15, 1e308, -1e308, -1, 0.5, 7, 1e21],
    ...[null, true, [], {}, [[]], [null]],
    ...[MARK.repeat(1_000), "é".repeat(30_000), "[a](b".repeat(3_000), "(".repeat(5_000), "%".repeat(99)],
    JSON.parse(`{"__proto__":{"${MARK}":1},"toJSON":1,"\ud800":"\udc00"}`),
  ),
  // Deeper than JSON can be written: put in as text, below.
  fc.constant("DEEP"),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "binary" }),
);
/** Tried at every place; the search tries the others here and there. */
const AT_EVERY_PLACE = [`${MARK}\ud800`, "é".repeat(30_000), 8.64e15 + 1, "DEEP"];
const DEEP = `${"[".repeat(15_000)}${"]".repeat(15_000)}`;

/** A message, and whether anything but its one hostile item is in it. */
type Poisoned = { readonly text: string; readonly companions: readonly string[] };

/** A value like this one, with something hostile in one or two of its places, however deep. */
function poisoned(value: unknown): fc.Arbitrary<unknown> {
  const once = (one: unknown) =>
    fc.tuple(fc.nat(), hostile).map(([at, put]) => {
      const places = placesIn(one, []);
      return changedAt(one, places[at % places.length] ?? [], { value: put });
    });
  return fc.oneof({ weight: 3, arbitrary: once(value) }, { weight: 1, arbitrary: once(value).chain(once) });
}

const written = (value: unknown): string => (JSON.stringify(value) ?? "").replaceAll('"DEEP"', DEEP);

function poisonedMessages({ message, item, isMessage }: ItemKind, companions: readonly string[]) {
  const alone = (text: string): Poisoned => ({ text, companions: [] });
  const own = JSON.stringify(message([item(MARK)]));
  return fc.oneof(
    { weight: 3, arbitrary: poisoned(message([item(MARK)])).map((value) => alone(written(value))) },
    {
      weight: 3,
      // Beside right ones in one message, which are to arrive as long as it is a message at all.
      arbitrary: poisoned(item(MARK)).map((value): Poisoned => {
        const [before = "", ...after] = companions;
        const text = written(message([item(before), value, ...after.map(item)]));
        return isMessage(readJson(text)) ? { text, companions } : alone(text);
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          ...["", "null", "{}", own.slice(0, -5), own.replace(/"[a-z-]+\.[a-z]+"/, '"other.kind"')],
          ...[Buffer.from(own).toString("base64"), gzipSync(own).toString("base64"), `${own}${own}`],
        )
        .map(alone),
    },
  );
}

const CHECKS = {
  "audience-batcher": isAudienceOperationsMessage,
  "metric-forwarder": isMetricEventsMessage,
  "posthog-forwarder": isFlagQueueMessage,
} satisfies Record<Consumer["name"], (value: unknown) => boolean>;

let consumers: Awaited<ReturnType<typeof startConsumers>>;
beforeAll(async () => {
  consumers = await startConsumers((name, value) => vi.stubEnv(name, value));
});
afterAll(async () => {
  await consumers.stop();
  vi.unstubAllEnvs();
});

describe.each(Object.entries(KINDS))("a batch of %s with one hostile item", (_, made) => {
  let number = 0;
  const nextItem = (): string => {
    number += 1;
    return `right-${number}-of-${made.name}`;
  };

  const kind: ItemKind = { ...made, isMessage: CHECKS[made.consumer] };
  const consumer = (): Consumer => {
    const found = consumers.all.find(({ name }) => name === made.consumer);
    if (!found) throw new Error(`there is no consumer ${made.consumer}`);
    return found;
  };
  const bringsTheOthers = async ({ text, companions }: Poisoned, place: number): Promise<void> => {
    // Shrinking runs a case again, and what arrived then has arrived: new names each time.
    const renamed = new Map(companions.map((name) => [name, nextItem()]));
    const body = [...renamed].reduce((one, [before, after]) => one.replaceAll(before, after), text);
    const rights = [nextItem(), nextItem(), nextItem()];
    const bodies = rights.map((name) => JSON.stringify(kind.message([kind.item(name)])));
    bodies.splice(place, 0, body);
    const { failed, letters, entriesWith, asked, log } = await consumer().consume(bodies);
    const expected = [...rights, ...renamed.values()];
    expect(expected.map((name) => [name, entriesWith.get(name)])).toEqual(expected.map((name) => [name, 1]));
    if (made.isAnnotated)
      for (const name of expected) expect(asked.filter((one) => one.includes(name))).toHaveLength(1);
    // Only what may yet be put right comes again: a connection that nobody knows.
    const value: unknown = readJson(body);
    const isKnown = isObject(value) && value.connection === made.connection;
    expect(failed).toEqual(failed.length > 0 && !isKnown ? [place] : []);
    for (const { attributes } of letters) {
      expect(attributes.reason).toMatch(/./);
      expect(attributes.cause).not.toContain(MARK);
    }
    expect(log).not.toContain(MARK);
  };

  test("brings every other item once, whichever place is hostile", async () => {
    const right = kind.message([kind.item(MARK)]);
    const places = placesIn(right, []);
    for (const put of AT_EVERY_PLACE)
      for (const [at, path] of places.entries())
        await bringsTheOthers(
          { text: written(changedAt(right, path, { value: put })), companions: [] },
          at % 4,
        );
  });

  test("brings every other item once, whatever is hostile", async () => {
    const poison = fc.constant(0).chain(() => poisonedMessages(kind, [nextItem(), nextItem()]));
    await fc.assert(fc.asyncProperty(poison, fc.nat(3), bringsTheOthers), {
      numRuns: (IS_LONG ? 60 : 40) * SEARCH_TIMES,
    });
  });
});
