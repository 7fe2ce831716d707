import { describe, expect, test } from "vitest";
import { checkConnections } from "../connections/load.ts";
import type { Connection, SourceName } from "../connections/schema.ts";
import { parseSegmentTargets } from "./segment-targets.ts";
import type { Parsed } from "./source.ts";
import { SOURCES } from "./sources.ts";

const personas = { computation_class: "audience", computation_key: "vip", computation_id: "1" };
const cohort = (prefix: string) => ({ [`${prefix}cohort_id`]: "1", [`${prefix}cohort_name`]: "One" });

/** For each source the body of a request that adds one member to the audience 1, and a name or path of another key of that member. */
const bodies: Readonly<
  Record<Exclude<SourceName, "launchdarkly">, readonly [body: object, otherKey?: string]>
> = {
  segment: [
    {
      type: "identify",
      userId: "ana",
      traits: { vip: true, crm: { id: "other" } },
      context: { personas },
    },
    "traits.crm.id",
  ],
  rudderstack: [{ type: "record", action: "insert", identifiers: { id: "ana", crm: "other" } }, "crm"],
  tealium: [
    {
      action: "add_members",
      parameters: { ...cohort("tealium_"), members: [{ member_id: "ana", email: "other" }] },
    },
    "email",
  ],
  zeotap: [
    {
      action: "add_members",
      parameters: {
        ...cohort("integration_"),
        members: [{ integration_distinct_id: "ana", email: "other" }],
      },
    },
    "email",
  ],
  amplitude: [
    {
      ...{ cohort_id: "1", in_cohort: true },
      users: [{ user_id: "ana", user_properties: { crm: { id: "other" } } }],
    },
    "user_properties.crm.id",
  ],
  mixpanel: [
    {
      action: "add_members",
      parameters: {
        ...cohort("mixpanel_"),
        members: [{ mixpanel_distinct_id: "ana", phone_number: "other" }],
      },
    },
    "phone",
  ],
  mparticle: [
    {
      type: "audience_membership_change_request",
      user_profiles: [
        {
          user_identities: [{ type: "customer", encoding: "raw", value: "ana" }],
          mpid: "other",
          audiences: [
            { audience_id: 2, action: "add" },
            { audience_id: 1, action: "add" },
          ],
        },
      ],
    },
    "mpid",
  ],
  posthog: [
    {
      event: { uuid: "u", distinct_id: "ana" },
      person: { id: "p", properties: { crm: { id: "other" } } },
      segment: { id: "1" },
      member: true,
    },
    "person.properties.crm.id",
  ],
  flagbridge: [{ audienceOperations: [{ segment: { id: "1" }, contextKey: "ana", action: "add" }] }],
};

function parsed(source: SourceName, body: object, rules: object): Extract<Parsed, { kind: "understood" }> {
  const connection = connectionOf(source, rules);
  const result = SOURCES[source].parse({
    ...{ body, bodyBytes: 0, connection, receivedAtMs: 0, route: "connection", digest: () => "digest" },
  });
  if (result.kind === "malformed") throw new Error(result.message);
  return result;
}

function connectionOf(source: SourceName, rules: object): Connection {
  const segment = source === "rudderstack" ? { segment: { id: "1", name: "One" } } : {};
  const checked = checkConnections({
    launchdarkly: {
      production: { clientSideId: "one", secret: "launchdarkly", project: "web", environment: "production" },
      staging: { clientSideId: "two", secret: "launchdarkly", project: "web", environment: "staging" },
    },
    connections: {
      cdp: {
        source,
        secret: "cdp",
        audiences: { to: ["production", "staging"], writer: "list", ...segment, ...rules },
      },
    },
  });
  const { cdp } = checked.ok ? checked.connections.connections : {};
  if (!cdp) throw new Error(checked.ok ? "no connection" : checked.problems.join("\n"));
  return cdp;
}

const sources = Object.keys(bodies) as (keyof typeof bodies)[]; // the keys are those that its type lists

test("every source that names audiences is here", () => {
  expect([...sources, "launchdarkly"].sort()).toEqual(Object.keys(SOURCES).sort());
});

describe.each(sources)("an audience of source %s", (source) => {
  const [body, otherKey] = bodies[source];

  test("that except leaves out is accepted and changes nothing", () => {
    if (source === "rudderstack") return; // its one segment may not be left out
    const { operations, rejected, ignoredByKind } = parsed(source, body, { except: ["1"] });
    expect(operations.map(({ segment }) => segment.id)).toEqual(source === "mparticle" ? ["2"] : []);
    expect({ rejected, ignoredByKind }).toEqual({
      rejected: [],
      ignoredByKind: { audience_not_selected: 1 },
    });
  });

  test("that only does not list is not looked into", () => {
    if (source === "rudderstack") return;
    const withoutKey = JSON.parse(JSON.stringify(body).replaceAll('"ana"', '""').replaceAll('"other"', '""'));
    const { items, ignoredByKind, rejected } = parsed(source, withoutKey, { only: ["elsewhere"] });
    expect(rejected).toEqual([]);
    expect(ignoredByKind).toEqual({ audience_not_selected: items });
  });

  test("gets its own id, name, kind and environments", () => {
    const { operations } = parsed(source, body, {
      ...(source !== "rudderstack" && { rename: { 1: { id: "gold", name: "Gold" } } }),
      byAudience: { 1: { contextKind: "account", to: ["staging"] } },
    });
    const segment = source === "rudderstack" ? { id: "1", name: "One" } : { id: "gold", name: "Gold" };
    expect(operations.at(-1)).toMatchObject({
      ...{ segment, contextKind: "account", contextKey: "ana", to: ["staging"] },
    });
    if (source === "mparticle") {
      expect(operations[0]).toMatchObject({ segment: { id: "2" }, contextKind: "user" });
      expect(operations[0]).not.toHaveProperty("to");
    }
  });

  test("gets its own context key", () => {
    if (otherKey === undefined) return;
    const { operations } = parsed(source, body, { byAudience: { 1: { contextKey: [otherKey] } } });
    expect(operations.map(({ contextKey }) => contextKey)).toEqual(
      source === "mparticle" ? ["ana", "other"] : ["other"],
    );
    expect(operations.map(({ version }) => version[2])).toEqual(operations.map((_, index) => index));
  });

  test("is told to whoever wants it explained", () => {
    const told: unknown[] = [];
    SOURCES[source].parse({
      ...{ body, bodyBytes: 0, receivedAtMs: 0, route: "connection", digest: () => "digest" },
      connection: connectionOf(source, { byAudience: { 1: { to: ["staging"] } } }),
      onAudience: (named, ruled) => told.push([named.id, ruled.kind]),
    });
    expect(told).toContainEqual(["1", "selected"]);
  });
});

test("paths into a Segment call read the batch's context too, and an event's own first", () => {
  const rules = { contextKey: ["context.traits.crm.id"] };
  const event = { type: "identify", traits: { vip: true }, context: { personas } };
  const own = { ...event, context: { personas, traits: { crm: { id: "own" } } } };
  const batch = { context: { traits: { crm: { id: "of the batch" } } }, batch: [event, own] };
  expect(parsed("segment", batch, rules).operations.map(({ contextKey }) => contextKey)).toEqual([
    "of the batch",
    "own",
  ]);
});

describe("a body made for LaunchDarkly", () => {
  const request = (rules: object, body: object) => ({
    ...{ body, bodyBytes: 0, receivedAtMs: 0, digest: () => "digest" },
    connection: connectionOf("flagbridge", rules),
    route: "segment-targets" as const,
  });
  const member = (cohortId: string) => ({ userId: "ana", cohortId, cohortName: cohortId, value: true });

  test("follows the rules of the connection", () => {
    const rules = {
      except: ["3"],
      rename: { 1: { name: "Gold" } },
      byAudience: { 1: { to: ["staging"], contextKind: "account" } },
    };
    const result = parseSegmentTargets(
      "segment-audiences",
      request(rules, { batch: [member("1"), member("2"), member("3")] }),
    );
    expect(result).toMatchObject({
      operations: [
        { segment: { id: "1", name: "Gold" }, contextKind: "account", to: ["staging"] },
        { segment: { id: "2", name: "2" }, contextKind: "user" },
      ],
      ignoredByKind: { audience_not_selected: 1 },
    });
  });

  test("keeps the kind that it states", () => {
    const rules = { byAudience: { 1: { contextKind: "account" } } };
    const body = { contextKind: "device", batch: [member("1")] };
    expect(parseSegmentTargets("segment-audiences", request(rules, body))).toMatchObject({
      operations: [{ contextKind: "device" }],
    });
  });
});
