import { expect, test } from "vitest";
import { checkConnections } from "../lib/connections/load.ts";
import { explainEvent } from "./explain-event.ts";

const NOW = Date.parse("2026-05-03T12:00:00.000Z");

function connectionsOf(connections: object) {
  const checked = checkConnections({
    launchdarkly: {
      production: { clientSideId: "one", secret: "launchdarkly" },
      staging: { clientSideId: "two", secret: "launchdarkly" },
    },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections,
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return checked.connections;
}

const to = ["production", "staging"];
const body = {
  event: {
    uuid: "u-1",
    event: "Order Completed",
    distinct_id: "ana",
    properties: { total: 5 },
    timestamp: "2026-05-03T11:59:00Z",
  },
  person: { id: "p-1", properties: { account: "acme" } },
};
const membership = { ...body, segment: { id: "42", name: "Trials" }, member: false };

test("an audience is explained rule by rule, in the order in which they count", () => {
  const connections = connectionsOf({
    hog: {
      source: "posthog",
      secret: "hog",
      audiences: {
        ...{ to, only: ["42"], rename: { 42: { id: "trials" } } },
        byAudience: {
          42: { to: ["staging"], contextKind: "account", contextKey: ["person.properties.account"] },
        },
      },
    },
  });
  expect(explainEvent(membership, connections, NOW)).toEqual([
    {
      connection: "hog",
      source: "posthog",
      refused: null,
      audiences: [
        {
          id: "42",
          name: "Trials",
          isSent: true,
          rules: [
            { rule: "only", says: "lists it" },
            { rule: "rename", says: "trials (Trials)" },
            { rule: "contextKind", says: "account, by byAudience" },
            { rule: "contextKey", says: "person.properties.account, by byAudience" },
            { rule: "to", says: "staging, by byAudience" },
          ],
        },
      ],
      becomes: [
        {
          kind: "operation",
          action: "remove",
          segment: { id: "trials", name: "Trials" },
          context: { kind: "account", key: "acme" },
          to: ["staging"],
          at: "2026-05-03T11:59:00.000Z",
        },
      ],
      ignored: {},
      rejected: [],
    },
  ]);
});

test("an audience that a rule leaves out names that rule", () => {
  const audiences = { to, except: ["42"] };
  const connections = connectionsOf({ hog: { source: "posthog", secret: "hog", audiences } });
  expect(explainEvent(membership, connections, NOW)).toMatchObject([
    {
      audiences: [{ id: "42", isSent: false, rules: [{ rule: "except", says: "lists it" }] }],
      becomes: [],
      ignored: { audience_not_selected: 1 },
    },
  ]);
});

test("an event is explained with its value and its old name", () => {
  const metrics = { to: ["staging"], rename: { "Order Completed": "purchase" }, value: "total" };
  const connections = connectionsOf({ hog: { source: "posthog", secret: "hog", metrics } });
  expect(explainEvent(body, connections, NOW)).toMatchObject([
    {
      audiences: [],
      becomes: [
        {
          kind: "event",
          key: "purchase",
          renamedFrom: "Order Completed",
          contexts: { user: "ana" },
          value: 5,
          to: ["staging"],
          at: "2026-05-03T11:59:00.000Z",
        },
      ],
    },
  ]);
});

test("each connection says for itself why it cannot use the body", () => {
  const connections = connectionsOf({
    engage: { source: "segment", secret: "engage", audiences: { to } },
    zeotap: { source: "zeotap", secret: "zeotap", audiences: { to } },
    flags: { source: "launchdarkly", secret: "flags", posthog: { to: ["main"] } },
  });
  expect(explainEvent(membership, connections, NOW)).toMatchObject([
    { connection: "engage", refused: null, rejected: [{ code: "invalid_item" }], becomes: [] },
    { connection: "zeotap", refused: "parameters: expected an object", becomes: [] },
    { connection: "flags", refused: expect.any(String), becomes: [] },
  ]);
});

test("an erasure request is explained by whom it is about, or why it is not taken", () => {
  const own = { source: "segment", secret: "own", erasures: true };
  const other = { source: "segment", secret: "other", audiences: { to } };
  const explained = explainEvent({ type: "delete", userId: "ana" }, connectionsOf({ own, other }), NOW);
  expect(explained).toMatchObject([
    {
      becomes: [
        { kind: "erasure", contexts: [{ kind: "user", key: "ana" }], at: "2026-05-03T12:00:00.000Z" },
      ],
    },
    { becomes: [], rejected: [{ code: "erasures_not_configured" }] },
  ]);
});

test("an event is said to be renamed from its own name, and only if it is renamed", () => {
  const rename = { A: "purchase", B: "purchase", C: "A" };
  const connections = connectionsOf({
    web: { source: "segment", secret: "web", metrics: { to, rename } },
  });
  const batch = ["B", "purchase", "C", "A"].map((event) => ({ type: "track", userId: "ana", event }));
  const [web] = explainEvent({ batch }, connections, NOW);
  expect(web?.becomes).toMatchObject([
    { key: "purchase", renamedFrom: "B" },
    { key: "purchase", renamedFrom: null },
    { key: "A", renamedFrom: "C" },
    { key: "purchase", renamedFrom: "A" },
  ]);
});
