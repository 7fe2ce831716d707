import { afterEach, describe, expect, test } from "vitest";
import {
  type Answers,
  type AskedServer,
  askedServer,
  ENVIRONMENT,
  PLACE,
} from "../../test/support/doctor-environment.ts";
import { segmentSettingsCheck } from "./segment-settings.ts";
import { segmentsRightCheck } from "./segments-right.ts";
import type { WayOfWriting } from "./written-segments.ts";

let server: AskedServer | undefined;
afterEach(() => server?.close());

const common = { environment: "production", contextKind: "user", connection: "own" };
const LIST: WayOfWriting = { ...common, writer: "list" };
const SYNCED: WayOfWriting = { ...common, writer: "synced", integration: "segment-audiences" };

const LISTED = "GET /api/v2/segments/default/production?";
const DRY_RUN = "PATCH /api/v2/segments/default/production/beta?dryRun=true";
const segments = (...items: readonly object[]) => ({ [LISTED]: { items } });

describe("the right to change members", () => {
  test.each<[string, Answers, string, RegExp]>([
    [
      "is proven by a dry run on a list segment",
      { ...segments({ key: "beta" }), [DRY_RUN]: { key: "beta" } },
      "ok",
      /dry run on segment "beta"/,
    ],
    [
      "is missing where that is forbidden",
      { ...segments({ key: "beta" }), [DRY_RUN]: { status: 403 } },
      "failed",
      /may not change members/,
    ],
    [
      "waits for an approval where LaunchDarkly says so",
      {
        ...segments({ key: "beta" }),
        [DRY_RUN]: { status: 403, body: '{"message":"Approval is required"}' },
      },
      "failed",
      /need an approval here: Approval is required/,
    ],
    [
      "is not known where no list segment is there",
      segments({ key: "big", unbounded: true }, { key: "s", _external: "x" }),
      "skipped",
      /no list segment/,
    ],
    ["is not known where segments cannot be listed", { [LISTED]: { status: 403 } }, "skipped", /viewProject/],
  ])("%s", async (_name, answers, status, found) => {
    server = await askedServer({ [PLACE]: ENVIRONMENT, ...answers });
    const [update, create] = await segmentsRightCheck(server.environment, LIST).run();
    expect(update).toMatchObject({
      id: "segments.update",
      subject: "launchdarkly.production (list)",
      status,
    });
    expect(update?.found).toMatch(found);
    expect(create).toMatchObject({
      id: "segments.create",
      status: "skipped",
      fix: expect.stringContaining("--write"),
    });
  });

  test("a segment of Flagbridge's own is tried before others", async () => {
    server = await askedServer({
      [PLACE]: ENVIRONMENT,
      ...segments({ key: "other" }, { key: "beta", tags: ["flagbridge"] }),
      [DRY_RUN]: {},
    });
    await segmentsRightCheck(server.environment, LIST).run();
    expect(server.received.filter(({ line }) => line.startsWith("PATCH")).map(({ line }) => line)).toEqual([
      DRY_RUN,
    ]);
  });

  test("of a synced segment nothing is asked", async () => {
    server = await askedServer({});
    const lines = await segmentsRightCheck(server.environment, SYNCED).run();
    expect(lines.map(({ status }) => status)).toEqual(["skipped", "skipped"]);
    expect(server.received).toEqual([]);
  });
});

describe("an integration that LaunchDarkly provisions on request", () => {
  test.each<[string, Answers, string, RegExp]>([
    [
      "is there where it has synced a segment",
      segments({ key: "other", _external: "hightouch" }, { key: "vip", _external: "segment-audiences" }),
      "ok",
      /segment-audiences is provisioned on eu: it has synced segment "vip"/,
    ],
    ["may be missing where it has synced none", segments({ key: "beta" }), "skipped", /nothing shows/],
    ["is not known where segments cannot be listed", { [LISTED]: { status: 403 } }, "skipped", /viewProject/],
    ["is not known where the environment is not found", { [PLACE]: { status: 404 } }, "skipped", /not found/],
  ])("%s", async (_name, answers, status, found) => {
    server = await askedServer({ [PLACE]: ENVIRONMENT, ...answers });
    const onEu = {
      ...server.environment,
      settings: { ...server.environment.settings, instance: "eu" as const },
    };
    const [line, ...rest] = await segmentsRightCheck(onEu, SYNCED).run();
    expect(line).toMatchObject({ id: "segments.provisioned", status });
    expect(line?.found).toMatch(found);
    expect(rest.map(({ id }) => id)).toEqual(["segments.update", "segments.create"]);
  });
});

const STORES = "GET /api/v2/integration-capabilities/big-segment-store";
const store = (more: object = {}) => ({
  items: [
    { integrationKey: "redis", projectKey: "default", environmentKey: "production", on: true, ...more },
  ],
});
const approvals = (segment: object) => ({
  [PLACE]: { ...ENVIRONMENT, resourceApprovalSettings: { segment } },
});

async function settingsLine(id: string, ways: readonly WayOfWriting[], answers: Answers) {
  server = await askedServer({ [PLACE]: ENVIRONMENT, [STORES]: store(), ...answers });
  const lines = await segmentSettingsCheck(server.environment, ways).run();
  return lines.find((line) => line.id === id);
}

test.each<[string, readonly WayOfWriting[], Answers, string, RegExp]>([
  ["none are ok", [LIST], approvals({ required: false }), "ok", /need no approval/],
  [
    "for a list segment they are a warning",
    [LIST],
    approvals({ required: true }),
    "warning",
    /writer list sends/,
  ],
  [
    "for a synced one they concern nobody",
    [SYNCED],
    approvals({ required: true }),
    "warning",
    /integration writes synced segments without/,
  ],
  [
    "some segments are named by their tags",
    [LIST],
    approvals({ required: true, requiredApprovalTags: ["vip"] }),
    "warning",
    /segments tagged vip/,
  ],
  ["what LaunchDarkly does not say is not known", [LIST], {}, "skipped", /does not say/],
])("of approvals: %s", async (_name, ways, answers, status, found) => {
  const line = await settingsLine("segments.approvals", ways, answers);
  expect(line).toMatchObject({ status });
  expect(line?.found).toMatch(found);
});

test.each<[string, Answers, string, RegExp]>([
  ["one that works is ok", {}, "ok", /redis/],
  [
    "one that is behind is a warning",
    { [STORES]: store({ _status: { potentiallyStale: true } }) },
    "warning",
    /out of date/,
  ],
  [
    "one that does not work has failed",
    { [STORES]: store({ _status: { available: false } }) },
    "failed",
    /does not work/,
  ],
  [
    "one that is off is none",
    { [STORES]: store({ on: false }) },
    "warning",
    /none that is on|no persistent store that is on/,
  ],
  [
    "one of another environment is none",
    { [STORES]: store({ environmentKey: "test" }) },
    "warning",
    /no persistent store/,
  ],
  ["a right that is missing is named", { [STORES]: { status: 403 } }, "skipped", /Reader/],
])("of the persistent store: %s", async (_name, answers, status, found) => {
  const line = await settingsLine("segments.store", [SYNCED], answers);
  expect(line).toMatchObject({ status });
  expect(line?.found).toMatch(found);
});

test("list segments need no persistent store, and a beta resource is asked for as one", async () => {
  expect(await settingsLine("segments.store", [LIST], {})).toBeUndefined();
  server?.close();
  await settingsLine("segments.store", [SYNCED], {});
  const asked = server?.received.find(({ line }) => line === STORES);
  expect(asked?.headers["ld-api-version"]).toBe("beta");
});
