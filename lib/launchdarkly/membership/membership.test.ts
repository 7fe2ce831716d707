import { describe, expect, test } from "vitest";
import { exportedKeys } from "../../../operator/membership/exported-keys.ts";
import type { CallOutcome } from "../../http/destination-call.ts";
import type { ApiRequest, Client } from "../client.ts";
import { openEnvironmentMembers } from "./environment-members.ts";
import { openMembership } from "./membership.ts";
import type { SegmentPlace } from "./places.ts";

const SEGMENTS = "/api/v2/segments/web/production";
const settings = {
  clientSideId: "id",
  instance: "us",
  project: "web",
  environment: "production",
  secret: "launchdarkly",
} as const;

function placeOf(segment: SegmentPlace["segment"]): SegmentPlace {
  const ledgerSegment = { environment: "id", segment: `${segment.writer}/${segment.id}` };
  return {
    environment: "production",
    settings,
    writer: segment.writer,
    segment,
    ledgerSegment,
    connections: ["web"],
  };
}
const synced = placeOf({ writer: "synced", integration: "segment-audiences", id: "vip" });
const big = placeOf({ writer: "big", id: "vip" });
const ana = { kind: "user", key: "ana" };

const taken = (body: object): CallOutcome => ({ kind: "taken", status: 200, body: JSON.stringify(body) });
const refused = (status: number): CallOutcome => ({ kind: "misconfigured", status, body: "" });

/** LaunchDarkly by a table of answers: each request takes the next one of its line. It notes what was asked and waited for. */
function launchdarkly(answers: Readonly<Record<string, readonly CallOutcome[]>>) {
  const asked: string[] = [];
  const left = new Map(Object.entries(answers).map(([line, outcomes]) => [line, [...outcomes]]));
  let nowMs = 0;
  const call = async ({ method, path }: ApiRequest): Promise<CallOutcome> => {
    const line = `${method} ${path}`;
    asked.push(line);
    return left.get(line)?.shift() ?? refused(404);
  };
  const client: Client = {
    call,
    closed: () => undefined,
    closedNow: async () => undefined,
    closedUntilMs: () => undefined,
    awaitsProbe: () => false,
    inTurn: (work) => work(),
    authorize: async () => ({ kind: "authorized", call }),
  };
  const sleep = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  const patience = { now: () => nowMs, sleep, longestWaitMs: 60_000 };
  return {
    look: openMembership({ clientOf: () => client, patience, exportKeys: exportedKeys }),
    askEnvironment: openEnvironmentMembers({ clientOf: () => client, patience }),
    asked,
    waitedMs: () => nowMs,
  };
}

const bigSegment = taken({ key: "vip", unbounded: true, unboundedContextKind: "user" });
const EVALUATE = "POST /api/v2/projects/web/environments/production/segments/evaluate";

test("limits are waited for as long as they say, and then the request is made again", async () => {
  const ld = launchdarkly({
    [`GET ${SEGMENTS}/vip`]: [
      { kind: "limited", untilMs: 9_000 },
      { kind: "limited", untilMs: 20_000 },
      taken({ key: "vip", included: ["ana"] }),
    ],
  });
  const { memberOf } = await ld.look(placeOf({ writer: "list", id: "vip" }));
  expect(await memberOf(ana)).toEqual({ member: true, how: "targets" });
  expect(ld.waitedMs()).toBe(20_000);
});

test("limits that outlast patience are an unknown member", async () => {
  const ld = launchdarkly({ [`GET ${SEGMENTS}/vip`]: [{ kind: "limited", untilMs: 90_000 }] });
  const { memberOf } = await ld.look(big);
  expect(await memberOf(ana)).toEqual({ member: null, how: "rate-limited" });
});

test("a failure that passes is no answer", async () => {
  const ld = launchdarkly({
    [`GET ${SEGMENTS}/vip`]: [
      { kind: "failed", status: 503, body: "" },
      { kind: "unanswered", reason: "no-answer" },
      bigSegment,
    ],
    [`GET ${SEGMENTS}/vip/contexts/ana`]: [taken({ userKey: "ana", included: false, excluded: false })],
  });
  expect(await (await ld.look(big)).memberOf(ana)).toEqual({ member: false, how: "context" });
});

test("where the segment may not be asked for a context, the environment is evaluated", async () => {
  const item = { key: "vip", external: "", isIndividuallyTargeted: true };
  const ld = launchdarkly({
    [`GET ${SEGMENTS}/vip`]: [bigSegment],
    [`GET ${SEGMENTS}/vip/contexts/ana`]: [refused(403)],
    [EVALUATE]: [taken({ items: [item] })],
  });
  expect(await (await ld.look(big)).memberOf(ana)).toEqual({ member: true, how: "evaluate" });
});

describe("where a synced segment could not be found, of the environment's", () => {
  const forbidden = (items: readonly object[]) =>
    launchdarkly({
      [`GET ${SEGMENTS}/segment-audiences-vip`]: [refused(403)],
      [EVALUATE]: [taken({ items })],
    });
  const item = (key: string) => ({
    key,
    name: key,
    external: "segment-audiences",
    isIndividuallyTargeted: true,
  });

  test("the one with its usual key answers", async () => {
    const ld = forbidden([item("segment-audiences-vip"), item("segment-audiences-not-vip")]);
    expect(await (await ld.look(synced)).memberOf(ana)).toEqual({ member: true, how: "evaluate" });
  });

  test("one whose key only ends alike says nothing", async () => {
    const ld = forbidden([item("segment-audiences-not-vip")]);
    expect(await (await ld.look(synced)).memberOf(ana)).toEqual({ member: null, how: "launchdarkly-403" });
  });
});

test("one answer says of every segment of an environment who is in it, and nothing of those that are under no usual key", async () => {
  const item = (key: string, isIndividuallyTargeted: boolean, external = "segment-audiences") => ({
    ...{ key, name: key, external, isIndividuallyTargeted },
  });
  const items = [
    item("segment-audiences-vip", true),
    item("segment-audiences-fans-42", false),
    item("hightouch-beta", true, "hightouch"),
    item("testers", false, ""),
  ];
  const ld = launchdarkly({ [EVALUATE]: [taken({ items })] });
  const says = await ld.askEnvironment(synced, ana);
  const ofSynced = (id: string) => says?.({ writer: "synced", integration: "segment-audiences", id });
  expect(["vip", "fans-42", "42", "beta", "testers"].map(ofSynced)).toEqual([true, false, ...Array(3)]);
  expect(says?.({ writer: "list", id: "testers" })).toBe(false);
  expect(says?.({ writer: "big", id: "segment-audiences-vip" })).toBeUndefined();
  expect(ld.asked).toEqual([EVALUATE]);
});

test("an environment that may not be evaluated says nothing of its segments", async () => {
  const ld = launchdarkly({ [EVALUATE]: [refused(403)] });
  expect(await ld.askEnvironment(synced, ana)).toBeUndefined();
});

test("what nothing can answer is unknown, with the first reason", async () => {
  const ld = launchdarkly({
    [`GET ${SEGMENTS}/vip`]: [bigSegment],
    [`GET ${SEGMENTS}/vip/contexts/ana`]: [refused(403)],
    [EVALUATE]: [refused(401)],
  });
  expect(await (await ld.look(big)).memberOf(ana)).toEqual({ member: null, how: "launchdarkly-403" });
});

test("a segment that is not there has no members, if its environment is there", async () => {
  const ld = launchdarkly({ [`GET ${SEGMENTS}?limit=1`]: [taken({ items: [] })] });
  const { found, memberOf } = await ld.look(big);
  expect(found).toEqual({ kind: "missing" });
  expect(await memberOf(ana)).toEqual({ member: false, how: "missing-segment" });
  expect((await launchdarkly({}).look(big)).found).toEqual({ kind: "unknown", why: "launchdarkly-404" });
});

test("a synced segment whose key is another than expected is found by its integration", async () => {
  const ld = launchdarkly({
    [`GET ${SEGMENTS}?limit=50&filter=query%3Avip`]: [
      taken({
        items: [
          { key: "vip", name: "vip" },
          { key: "hightouch-vip", name: "vip", _external: "hightouch" },
          { key: "sa_vip_1", name: "VIP", _external: "segment-audiences" },
        ],
      }),
    ],
    [`GET ${SEGMENTS}/sa_vip_1`]: [
      taken({ key: "sa_vip_1", unbounded: true, _external: "segment-audiences" }),
    ],
    [`GET ${SEGMENTS}/sa_vip_1/contexts/ana`]: [taken({ userKey: "ana", included: true, excluded: false })],
  });
  expect(await (await ld.look(synced)).memberOf(ana)).toEqual({ member: true, how: "context" });
});

test("an environment without keys in connections.yml is found by its client-side ID", async () => {
  const { project: _project, environment: _environment, ...keyless } = settings;
  const environments = {
    items: [
      { _id: "other", key: "test" },
      { _id: "id", key: "production" },
    ],
  };
  const ld = launchdarkly({
    "GET /api/v2/projects?expand=environments&limit=100&offset=0": [
      taken({ items: [{ key: "web", environments }] }),
    ],
    [`GET ${SEGMENTS}/segment-audiences-vip`]: [
      taken({ key: "segment-audiences-vip", unbounded: true, _external: "segment-audiences" }),
    ],
  });
  const { found } = await ld.look({ ...synced, settings: keyless });
  expect(found).toMatchObject({ kind: "found", key: "segment-audiences-vip" });
});

const exportOf = (status: string, href: string, sizeBytes: number): CallOutcome =>
  taken({ status, sizeBytes, _links: { self: { href: "/x" }, file: { href, type: "text/csv" } } });
const started: CallOutcome = { kind: "taken", status: 200, body: "", location: `${SEGMENTS}/vip/exports/e1` };
const FILE = `${SEGMENTS}/vip/exports/e1/file`;

test.each([
  {
    what: "is read when it is complete",
    answers: [exportOf("pending", FILE, 0), exportOf("complete", FILE, 13)],
    expected: new Set(["ana", 'b,"ob']),
  },
  { what: "that fails is none", answers: [exportOf("failed", FILE, 0)], expected: undefined },
  {
    what: "whose file is elsewhere is none: the token goes nowhere else",
    answers: [exportOf("complete", "https://files.example/e1", 13)],
    expected: undefined,
  },
  {
    what: "whose file is shorter than it should be is none",
    answers: [exportOf("complete", FILE, 1_000)],
    expected: undefined,
  },
])("an export $what", async ({ answers, expected }) => {
  const ld = launchdarkly({
    [`GET ${SEGMENTS}/vip`]: [bigSegment],
    [`POST ${SEGMENTS}/vip/exports`]: [started],
    [`GET ${SEGMENTS}/vip/exports/e1`]: answers,
    [`GET ${FILE}`]: [{ kind: "taken", status: 200, body: 'ana\n"b,""ob"\n' }],
  });
  expect(await (await ld.look(big)).exported()).toEqual(expected);
});

test("an export that the token may not make is none", async () => {
  const ld = launchdarkly({
    [`GET ${SEGMENTS}/vip`]: [bigSegment],
    [`POST ${SEGMENTS}/vip/exports`]: [refused(403)],
  });
  expect(await (await ld.look(big)).exported()).toBeUndefined();
});

test("of several synced segments that a search finds, the one whose key is made of the id is meant", async () => {
  const place = placeOf({ writer: "synced", integration: "segment-audiences", id: "Big spenders" });
  const own = { name: "x", _external: "segment-audiences" };
  const key = "segment-audiences-Big-spenders-80123e97";
  const ld = launchdarkly({
    [`GET ${SEGMENTS}?limit=50&filter=query%3Aspenders`]: [
      taken({
        items: [
          { ...own, key: "segment-audiences-spenders" },
          { ...own, key },
        ],
      }),
    ],
    [`GET ${SEGMENTS}/${key}`]: [taken({ key, unbounded: true, _external: "segment-audiences" })],
  });
  expect((await ld.look(place)).found).toMatchObject({ kind: "found", key });
});

describe("a synced segment that is not there is not mistaken for", () => {
  const own = { name: "x", _external: "segment-audiences" };
  const findAmong = async (id: string, query: string, keys: readonly string[]) => {
    const items = keys.map((key) => ({ ...own, key }));
    const reads = keys.map(
      (key) => [`GET ${SEGMENTS}/${key}`, [taken({ ...own, key, unbounded: true })]] as const,
    );
    const ld = launchdarkly({
      [`GET ${SEGMENTS}?limit=50${query}`]: [taken({ items })],
      ...Object.fromEntries(reads),
    });
    return (await ld.look(placeOf({ writer: "synced", integration: "segment-audiences", id }))).found;
  };
  const unclear = { kind: "unknown", why: "only-a-similar-synced-segment-is-there" };

  test.each([
    [
      "one whose number contains its own",
      "4",
      "&filter=query%3A4",
      ["segment-audiences-42"],
      { kind: "missing" },
    ],
    [
      "one whose id begins as its own",
      "fans",
      "&filter=query%3Afans",
      ["segment-audiences-fans-42"],
      unclear,
    ],
    ["any other, when its id has no Latin letter", "高価値", "", ["segment-audiences-vip"], unclear],
    ["none, when its id has no Latin letter", "高価値", "", [], { kind: "missing" }],
  ])("%s", async (_name, id, query, keys, found) => {
    expect(await findAmong(id, query, keys)).toEqual(found);
  });

  test("one that it may be, when there are more segments than were looked at", async () => {
    const strangers = Array.from({ length: 50 }, (_, at) => ({
      ...own,
      _external: "hightouch",
      key: `h-${at}`,
    }));
    const ld = launchdarkly({ [`GET ${SEGMENTS}?limit=50`]: [taken({ items: strangers })] });
    const place = placeOf({ writer: "synced", integration: "segment-audiences", id: "高価値" });
    expect((await ld.look(place)).found).toEqual({ kind: "unknown", why: "too-many-segments-to-search" });
  });
});

test("a synced segment whose key is the id itself is found beside similar ones", async () => {
  const own = { name: "x", _external: "segment-audiences" };
  const items = ["vip-copy", "vip"].map((key) => ({ ...own, key }));
  const ld = launchdarkly({
    [`GET ${SEGMENTS}?limit=50&filter=query%3Avip`]: [taken({ items })],
    [`GET ${SEGMENTS}/vip`]: [taken({ ...own, key: "vip", unbounded: true })],
  });
  expect((await ld.look(synced)).found).toMatchObject({ kind: "found", key: "vip" });
});
