import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reduceEntry } from "../../flag-changes/reduce.ts";
import type { FlagChange } from "../../messages/flag-changes.ts";
import { REQUEST_LIMITS } from "./request.ts";
import { type CaptureSettings, captureEvents } from "./transform.ts";

const settings: CaptureSettings = {
  options: { eventName: "namespaced", perEnvironment: false, memberDetails: true, groups: {} },
  appUrl: "https://app.launchdarkly.com",
  version: "1.2.3",
};
const perEnvironment = { ...settings, options: { ...settings.options, perEnvironment: true } };

/** As the webhook brings it, with the flag in full; the list has neither versions nor the actor's other names. */
const webhook = {
  _id: "5e38bf6706121d8aaf15392a",
  _accountId: "569f514156e003339cfd3917",
  date: 1_580_777_319_650,
  kind: "flag",
  name: "Demo flag",
  titleVerb: "updated the flag",
  accesses: [
    { action: "updateOn", resource: "proj/web:env/test:flag/demo" },
    { action: "updateRules", resource: "proj/web:env/production:flag/demo" },
  ],
  member: { _id: "569f514183f2164430000002", email: "ana@example.com" },
  currentVersion: { tags: ["ops"], environments: { test: { on: true } } },
};
const { currentVersion: _, ...listed } = webhook;

function changeOf(entry: unknown): FlagChange {
  const reduced = reduceEntry(entry, { index: 0, digest: () => "digest" });
  if (reduced.kind !== "change") throw new Error(reduced.expected);
  return reduced.change;
}

const identity = ({ uuid, event, distinct_id, timestamp }: ReturnType<typeof captureEvents>[number]) => ({
  uuid,
  event,
  distinct_id,
  timestamp,
});

describe("the identity of an event", () => {
  test("is the same for what the webhook brought and what the audit log lists", () => {
    for (const how of [settings, perEnvironment]) {
      expect(captureEvents(changeOf(listed), how).map(identity)).toEqual(
        captureEvents(changeOf(webhook), how).map(identity),
      );
    }
  });

  test("has a uuid that is fixed for ever: another one would count what PostHog has again", () => {
    const uuids = (how: CaptureSettings) => captureEvents(changeOf(webhook), how).map(({ uuid }) => uuid);
    expect(uuids(settings)).toEqual(["a541900c-c95c-5d2d-bb7f-5b427f31d4dc"]);
    expect(uuids(perEnvironment)).toEqual([
      "aac3a4f0-3893-50d9-be0f-3ac3908e1715",
      "863dd221-c447-5833-9b0a-d1f6de088910",
    ]);
  });

  test("is each change's own", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 2 }),
        ([one, two]) => {
          const [a, b] = [one, two].map((id) =>
            captureEvents({ ...changeOf(webhook), id: id ?? "" }, settings),
          );
          expect(a?.[0]?.uuid).not.toBe(b?.[0]?.uuid);
        },
      ),
    );
  });
});

describe("whatever an entry says", () => {
  test("PostHog can take its events: a name, an id, a time, and texts where the connector had texts", () => {
    const odd = fc.oneof(fc.string(), fc.jsonValue(), fc.constant(undefined));
    const entry = fc.record({
      _id: fc.string({ minLength: 1 }),
      _accountId: odd,
      date: fc.integer({ min: -8.64e15, max: 8.64e15 }),
      kind: fc.string({ minLength: 1 }).map((kind) => `k${kind}`),
      name: odd,
      title: odd,
      description: odd,
      comment: odd,
      accesses: fc.oneof(odd, fc.array(fc.record({ action: odd, resource: odd }))),
      member: fc.oneof(odd, fc.record({ _id: odd, email: odd, firstName: odd, lastName: odd })),
      token: fc.oneof(odd, fc.record({ _id: odd, name: odd })),
      _links: fc.oneof(odd, fc.record({ site: fc.record({ href: odd }) })),
    });
    fc.assert(
      fc.property(entry, fc.boolean(), fc.boolean(), (raw, memberDetails, split) => {
        const options = { ...settings.options, memberDetails, perEnvironment: split };
        const events = captureEvents(changeOf({ ...raw, _id: `i${raw._id}` }), { ...settings, options });
        expect(events.length).toBeGreaterThan(0);
        for (const { uuid, event, distinct_id, timestamp, properties } of events) {
          expect(uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
          expect(event.length).toBeLessThanOrEqual(200);
          expect(distinct_id).toMatch(/^\S/);
          expect(distinct_id.length).toBeLessThanOrEqual(200);
          expect(timestamp).toMatch(/T\d\d:\d\d:\d\dZ$/);
          expect(typeof properties.distinct_id).toBe("string");
          expect(properties.link ?? "https://").toMatch(/^https?:/);
        }
      }),
    );
  });

  test("the largest of them stays far below what PostHog takes", () => {
    const large = "\u0001".repeat(1_000_000);
    const entry = {
      ...webhook,
      title: large,
      description: large,
      comment: large,
      name: large,
      accesses: Array.from({ length: 5_000 }, (_, at) => ({
        action: `updateOn${at}`,
        resource: `proj/web:env/e${at}:flag/demo;${large.slice(0, 100)}`,
      })),
    };
    const [event] = captureEvents(changeOf(entry), settings);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(900 * 1_024);
    expect(event?.properties.truncated).toBe(true);
  });
});

test("10,000 events of the usual size are at most 100 requests", () => {
  const bytes = Buffer.byteLength(JSON.stringify(captureEvents(changeOf(webhook), settings)[0])) + 1;
  const perRequest = Math.min(REQUEST_LIMITS.maxEvents, Math.floor(REQUEST_LIMITS.maxBytes / bytes));
  expect(10_000 / perRequest).toBeLessThanOrEqual(100);
});
