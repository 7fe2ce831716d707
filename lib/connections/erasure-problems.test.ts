import { expect, test } from "vitest";
import { checkConnections } from "./load.ts";

const launchdarkly = { production: { clientSideId: "environment-1", secret: "launchdarkly" } };

function problemsOf(connection: object, rest: object = { launchdarkly }): readonly string[] {
  const checked = checkConnections({ ...rest, connections: { own: { secret: "own", ...connection } } });
  return checked.ok ? [] : checked.problems;
}

test.each(["segment", "rudderstack", "flagbridge"])(
  "%s may take erasure requests, and nothing else",
  (source) => expect(problemsOf({ source, erasures: true })).toEqual([]),
);

test("a source that sends no erasure requests has no such option, and false does no harm", () => {
  const audiences = { to: ["production"] };
  expect(problemsOf({ source: "tealium", audiences, erasures: true })).toEqual([
    "connections.own.erasures: expected no such option: only segment, rudderstack, flagbridge send erasure requests; remove it",
  ]);
  expect(problemsOf({ source: "tealium", audiences, erasures: false })).toEqual([]);
});

test("without an environment there is nothing to erase", () => {
  expect(problemsOf({ source: "flagbridge", erasures: true }, {})).toEqual([
    "connections.own.erasures: expected an environment of launchdarkly: without one there is nothing to erase",
  ]);
});

test("events that nothing vouches for erase nobody", () => {
  expect(problemsOf({ source: "segment", erasures: true, allowPartlySignedBatches: true })).toEqual([
    "connections.own.erasures: expected not both this and allowPartlySignedBatches: anybody could add a delete behind a signed event; give erasures a connection of their own",
  ]);
});

test("erasures that are off are no destination", () => {
  expect(problemsOf({ source: "flagbridge", erasures: false })).toHaveLength(1);
  expect(problemsOf({ source: "flagbridge", erasures: "yes" })[0]).toContain("expected true or false");
});
