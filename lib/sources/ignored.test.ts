import { expect, test } from "vitest";
import { checkConnections } from "../connections/load.ts";
import { IGNORED_KINDS, type IgnoredKind } from "./source.ts";
import { SOURCES } from "./sources.ts";

const audiences = { to: ["production"] };
const metrics = { to: ["production"], only: ["Order Completed"] };
const personas = { computation_class: "audience", computation_key: "vip", computation_id: "aud_vip" };

/** A connection's source and settings, the one item that it is sent, and what that item is called. */
const cases: readonly (readonly [
  IgnoredKind,
  { readonly source: string; readonly [part: string]: unknown },
  unknown,
])[] = [
  ["page", { source: "segment", audiences }, { type: "page" }],
  ["screen", { source: "segment", audiences }, { type: "screen" }],
  ["group", { source: "segment", audiences }, { type: "group" }],
  ["alias", { source: "segment", audiences }, { type: "alias" }],
  ["alias", { source: "segment", metrics }, { type: "alias" }],
  ["delete", { source: "segment", audiences }, { batch: [{ type: "delete" }] }],
  ["merge", { source: "rudderstack", metrics }, { type: "merge" }],
  ["page", { source: "rudderstack", metrics }, { type: "Page" }],
  ["identify_without_audience", { source: "segment", audiences }, { type: "identify", userId: "ana" }],
  [
    "identify_without_audience",
    { source: "segment", metrics: { ...metrics, alias: true } },
    { type: "identify", userId: "ana" },
  ],
  ["track_without_metrics", { source: "segment", audiences }, { type: "track", event: "Seen" }],
  ["track_not_selected", { source: "segment", metrics }, { type: "track", event: "Seen", userId: "ana" }],
  [
    "computed_trait",
    { source: "segment", audiences },
    { type: "identify", context: { personas: { ...personas, computation_class: "computed_trait" } } },
  ],
  [
    "audience_without_audiences",
    { source: "segment", metrics },
    { type: "identify", userId: "ana", traits: { vip: true }, context: { personas } },
  ],
  [
    "audience_without_audiences",
    { source: "rudderstack", metrics },
    { type: "record", action: "insert", identifiers: { id: "ana" } },
  ],
  [
    "audience_not_selected",
    { source: "segment", audiences: { ...audiences, except: ["aud_vip"] } },
    { type: "identify", userId: "ana", traits: { vip: true }, context: { personas } },
  ],
  [
    "empty_list",
    { source: "rudderstack", audiences: { ...audiences, segment: { id: "beta", name: "Beta" } } },
    { type: "audiencelist", properties: { listData: { add: [] } } },
  ],
  [
    "attribute_update",
    { source: "mparticle", audiences },
    {
      type: "audience_membership_change_request",
      user_profiles: [
        {
          user_identities: [{ type: "customer", encoding: "raw", value: "ana" }],
          audiences: [{ audience_id: 1, action: "attribute_update" }],
        },
      ],
    },
  ],
  [
    "event_not_selected",
    { source: "flagbridge", metrics },
    { metricEvents: [{ key: "Seen", contextKeys: { user: "ana" } }] },
  ],
  [
    "change_not_selected",
    { source: "launchdarkly", posthog: { to: ["main"], only: { kinds: ["segment"] } } },
    { _id: "5e38", kind: "flag", date: 1_580_777_319_650, accesses: [] },
  ],
];

test.each(cases)("an item that means nothing is counted as %s (%j)", (kind, connection, body) => {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: { cdp: { secret: "cdp", ...connection } },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { cdp } = checked.connections.connections;
  if (!cdp) throw new Error("the connection is not there");
  const parsed = SOURCES[cdp.source].parse({
    body,
    bodyBytes: 100,
    connection: cdp,
    receivedAtMs: Date.parse("2026-05-03T12:00:00Z"),
    // Of the Tracking API alone: a webhook's delete asks for an erasure.
    route: kind === "delete" ? "tracking" : "connection",
    digest: (text) => text,
  });
  expect(parsed).toEqual({
    kind: "understood",
    items: 1,
    operations: [],
    events: [],
    changes: [],
    erasures: [],
    ignoredByKind: { [kind]: 1 },
    rejected: [],
    rejectedByCode: {},
  });
});

test("every kind of ignored item is among these", () => {
  expect(new Set(cases.map(([kind]) => kind))).toEqual(new Set(IGNORED_KINDS));
});
