import { expect, test } from "vitest";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { placeOfLedgerSegment } from "../../lib/launchdarkly/membership/places.ts";
import { OperatorProblem } from "../problem.ts";
import { placesOfSegment } from "./places.ts";

const environment = (clientSideId: string) => ({
  clientSideId,
  secret: "ld",
  project: "p",
  environment: "e",
});
const connection = (to: readonly string[], writer: string, integration?: string) => ({
  source: "flagbridge",
  secret: [...to, writer, integration ?? "own"].join("-"),
  audiences: { to, writer, ...(integration && { integration }) },
});
const connections = connectionsFile.parse({
  launchdarkly: { production: environment("prod-id"), staging: environment("staging-id") },
  connections: {
    web: connection(["production", "staging"], "synced"),
    engage: connection(["production"], "synced", "segment-audiences"),
    hightouch: connection(["production"], "synced", "hightouch"),
    big: connection(["staging"], "big"),
    metrics: { source: "flagbridge", secret: "m", metrics: { to: ["production"], route: "client-side" } },
  },
});

const shown = (id: string, only?: string) =>
  placesOfSegment(connections, { segmentId: id, connection: only }).map(
    ({ environment: name, ledgerSegment, connections: names }) => [name, ledgerSegment.segment, ...names],
  );

test("a segment has a place for each environment and kind of segment, with every connection that writes there", () => {
  expect(shown("Big spenders")).toEqual([
    ["production", "synced/segment-audiences/Big spenders", "web", "engage"],
    ["staging", "synced/segment-audiences/Big spenders", "web"],
    ["production", "synced/hightouch/Big spenders", "hightouch"],
    ["staging", "big/Big-spenders-80123e97", "big"],
  ]);
  expect(shown("vip", "big")).toEqual([["staging", "big/vip", "big"]]);
});

test("a segment whose audience goes to one environment has its place there", () => {
  const ruled = connectionsFile.parse({
    launchdarkly: { production: environment("prod-id"), staging: environment("staging-id") },
    connections: {
      web: {
        ...{ source: "flagbridge", secret: "web" },
        audiences: {
          ...{ to: ["production", "staging"], writer: "big", except: ["old"] },
          rename: { aud_beta: { id: "beta" }, aud_vip: { id: "vip" } },
          byAudience: { aud_beta: { to: ["staging"] }, trial: { to: ["production"] } },
        },
      },
    },
  });
  const placesOf = (segmentId: string) =>
    placesOfSegment(ruled, { segmentId }).map(({ environment: name }) => name);
  expect({ beta: placesOf("beta"), trial: placesOf("trial") }).toEqual({
    beta: ["staging"],
    trial: ["production"],
  });
  const everywhere = ["production", "staging"];
  // No audience fills the last two as the rules are now, but one may have filled them before.
  for (const id of ["vip", "any", "old", "aud_beta"]) expect(placesOf(id)).toEqual(everywhere);
});

test.each([
  ["wbe", 'did you mean "web"?'],
  ["metrics", "expected a connection with audiences"],
])("a connection %s is a problem that says what there is", (name, words) => {
  expect(() => shown("vip", name)).toThrow(OperatorProblem);
  expect(() => shown("vip", name)).toThrow(words);
});

test("a segment of the ledger is found again, with those that can write to it, its own environment's first", () => {
  const found = placeOfLedgerSegment(
    { environment: "staging-id", segment: "synced/segment-audiences/a/b" },
    connections,
  );
  expect(found).toMatchObject({
    kind: "place",
    place: {
      environment: "staging",
      writer: "synced",
      segment: { integration: "segment-audiences", id: "a/b" },
      connections: ["web", "engage"],
    },
  });
});

test.each([
  [
    "of an environment that is gone",
    { environment: "old-id", segment: "list/vip" },
    { why: "environment", environment: "old-id", writer: "list", id: "vip" },
  ],
  [
    "with a digest for a name",
    { environment: "prod-id", segment: "f".repeat(64) },
    { why: "digest", environment: "production", writer: "unknown", id: "f".repeat(64) },
  ],
])("a segment %s is known as far as it can be", (_what, segment, expected) => {
  expect(placeOfLedgerSegment(segment, connections)).toEqual({ kind: "unknown", ...expected });
});
