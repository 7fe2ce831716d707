import { expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { engageIdentify, ingestInMemory, usable } from "../../test/support/ingest-request.ts";
import { changedAt, placesIn } from "../../test/support/mutated-json.ts";
import { launchdarklySignature, SIGNING_SECRET } from "../../test/support/signed-request.ts";

const engage = () => ({ authorization: "Bearer engage-token" });
const own = () => ({ authorization: "Bearer token" });
const signed = (body: string) => ({ "x-ld-signature": launchdarklySignature(body) });
const at = "2026-05-03T11:59:00.000Z";
const track = {
  ...{ type: "track", event: "Order Completed", userId: "ana", anonymousId: "anon", messageId: "m-1" },
  ...{ timestamp: at, properties: { revenue: 3 } },
};
const operation = {
  segment: { id: "beta", name: "Beta" },
  ...{ contextKind: "user", contextKey: "ana", action: "add", at, id: "o-1" },
};
const event = { key: "bought", contextKeys: { user: "ana" }, at, value: 3, data: { plan: "pro" }, id: "e-1" };
const named = { _id: "n1", name: "n" };
const entry = {
  ...{
    _id: "e1",
    _accountId: "a1",
    date: Date.parse(at),
    kind: "flag",
    name: "Demo",
    title: "t",
    titleVerb: "v",
  },
  ...{ description: "d", comment: "c", token: named, app: named, relatedFlag: { key: "demo" } },
  accesses: [{ action: "updateOn", resource: "proj/web;qa:env/test:flag/demo" }],
  member: { _id: "m1", email: "ana@example.com", firstName: "Ana", lastName: "Lima" },
  currentVersion: { tags: ["ops"], environments: { test: { on: true } } },
  _links: { site: { href: "/web/test/flags/demo" } },
};
const members = {
  ...{ environmentId: "environment", cohortId: "c1", cohortName: "C", contextKind: "user", action: "add" },
  members: [{ integration_distinct_id: "ana" }],
};

const REQUESTS = [
  ["Segment's audiences", "/c/engage", engageIdentify(), engage],
  ["Segment's events", "/c/engage", track, engage],
  [
    "Segment's aliases",
    "/c/engage",
    { type: "alias", userId: "a", previousId: "b", messageId: "m-1" },
    engage,
  ],
  ["Flagbridge's own", "/c/own", { audienceOperations: [operation], metricEvents: [event] }, own],
  ["LaunchDarkly's flag changes", "/c/changes", entry, signed],
  ["segment targets", "/api/v2/segment-targets/hightouch", members, own],
] as const;

test.each(REQUESTS)(
  "half of a surrogate pair anywhere in %s reaches no queue in an id or a key",
  async (_, path, right, headersOf) => {
    expect((await taken(path, JSON.stringify(right), headersOf)).kept).not.toEqual([]);
    for (const place of placesIn(right, [])) {
      const body = JSON.stringify(changedAt(right, place, { value: "ill\ud800formed" }));
      const { status, kept } = await taken(path, body, headersOf);
      expect([200, 204, 400], place.join(".")).toContain(status);
      expect(JSON.stringify(kept), place.join(".")).not.toMatch(/\\ud[89a-f]/i);
    }
  },
);

/** What comes of a request: the answer's status, and everything of its items by which somebody or something is known. */
async function taken(path: string, body: string, headersOf: (body: string) => Record<string, string>) {
  const ingest = ingestIll();
  const { status } = await ingest.call({ path, headers: headersOf(body), body });
  const operations = ingest.operations().map(({ segment, contextKind, contextKey, version }) => ({
    ...{ segment, contextKind, contextKey, id: version[3] },
  }));
  // The data of an event is the customer's own, and goes as it came.
  const events = ingest.events().map((event) => ({ ...event, data: null }));
  return { status, kept: [...operations, ...events, ...ingest.changes()] };
}

function ingestIll() {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: {
      engage: {
        source: "segment",
        secret: "engage",
        audiences: { to: ["production"] },
        metrics: { to: ["production"], alias: true },
      },
      own: {
        source: "flagbridge",
        secret: "own",
        audiences: { to: ["production"], integration: "hightouch" },
        metrics: { to: ["production"], data: true },
      },
      changes: { source: "launchdarkly", secret: "changes", posthog: { to: ["main"] } },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return ingestInMemory({
    connections: checked.connections,
    secrets: {
      engage: usable({ tokens: ["engage-token"] }),
      own: usable({ tokens: ["token"] }),
      changes: usable({ signingSecrets: [SIGNING_SECRET] }),
    },
  });
}
