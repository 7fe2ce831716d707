import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answerSchema } from "../../test/support/launchdarkly-openapi.ts";
import { SEGMENTS, startLaunchDarkly } from "../../test/support/sandbox-launchdarkly.ts";

let ld: Awaited<ReturnType<typeof startLaunchDarkly>>;
beforeAll(async () => {
  ld = await startLaunchDarkly();
  await ld.make("list");
  await ld.makeBig("big");
  await ld.target("big", { add: ["b", 'a "quoted", key'] });
  await ld.sync("env-1", { ana: true, bob: true });
});
afterEach(() => ld.call("DELETE", "/account"));
afterAll(() => ld.stop());

const set = (body: object) => ld.call("POST", "/account", { body });
const STORES = "/api/v2/integration-capabilities/big-segment-store";

describe("an access token that lacks a right", () => {
  test.each<[string, string, string, object?]>([
    ["createSegment", "POST", SEGMENTS, { key: "new", name: "New" }],
    ["updateIncluded", "POST", `${SEGMENTS}/big/contexts`, { included: { add: ["c"] } }],
    ["deleteSegment", "DELETE", `${SEGMENTS}/list`],
    ["viewProject", "GET", "/api/v2/projects/web/environments/test"],
    ["viewProject", "GET", `${SEGMENTS}/big/contexts/b`],
    ["viewProject", "GET", "/api/v2/metrics/web"],
    ["readAuditLog", "GET", "/api/v2/auditlog"],
    ["readWebhooks", "GET", "/api/v2/webhooks"],
  ])("%s is refused with 403: %s %s", async (right, method, path, body) => {
    await set({ deniedRights: [right] });
    expect(await ld.call(method, path, body && { body })).toMatchObject({
      status: 403,
      body: { code: "forbidden" },
    });
    expect((await ld.get("/api/v2/caller-identity")).status).toBe(200);
  });

  test("createSegment still changes a synced segment that is there, and makes no new one", async () => {
    await set({ deniedRights: ["createSegment"] });
    expect((await ld.sync("env-1", { ana: true })).status).toBe(204);
    expect((await ld.sync("env-1", { ana: true }, "new")).status).toBe(403);
    await set({ deniedRights: ["updateIncluded"] });
    expect((await ld.sync("env-1", { ana: true })).status).toBe(403);
  });

  test("importEventData is refused by the import route with 401", async () => {
    const path = "/v2/event-data-import/web/test";
    await set({ deniedRights: ["importEventData"] });
    expect((await ld.call("POST", path, { body: [] })).status).toBe(401);
    await set({ deniedRights: [] });
    expect((await ld.call("POST", path, { body: [] })).status).toBe(406);
  });
});

test("a setting that nobody knows is refused, and the others stay as they were", async () => {
  await set({ deniedRights: ["readWebhooks"] });
  expect((await set({ deniedRights: ["everything"] })).status).toBe(400);
  expect((await set({ segmentApprovals: ["test"] })).status).toBe(400);
  expect((await set({ segmentApprovals: ["web/test"] })).body).toEqual({
    deniedRights: ["readWebhooks"],
    deniedScopes: [],
    segmentApprovals: ["web/test"],
    persistentStores: ["web/test", "web/production"],
    token: "service",
    tokenApiVersion: 20240415,
    webhooks: "signed",
  });
});

describe("an environment whose segments want approvals", () => {
  test("says so, and refuses a patch of targets as LaunchDarkly does", async () => {
    const environment = async (name: string) =>
      (await ld.get(`/api/v2/projects/web/environments/${name}`)).body.resourceApprovalSettings.segment;
    await set({ segmentApprovals: ["web/test"] });
    expect(await environment("test")).toMatchObject({ required: true });
    expect(await environment("production")).toMatchObject({ required: false });
    for (const query of ["", "?dryRun=true"]) {
      expect(await ld.patch("list", ["a"], "user", { query })).toMatchObject({
        status: 403,
        body: { code: "forbidden", message: "approval is required" },
      });
    }
    expect((await ld.make("made-anyway")).status).toBe(201);
  });
});

test("a token may be a person's, with an old version of the API", async () => {
  await set({ token: "personal", tokenApiVersion: 20220603 });
  const { tokenId, serviceToken } = (await ld.get("/api/v2/caller-identity")).body;
  expect(serviceToken).toBe(false);
  expect((await ld.get(`/api/v2/tokens/${tokenId}`)).body).toMatchObject({
    serviceToken: false,
    defaultApiVersion: 20220603,
  });
  expect((await ld.call("GET", "/api/v2/versions", { version: "" })).body.currentVersion).toBe(20220603);
});

test("webhooks may be off or without a signature", async () => {
  const webhook = async () => (await ld.get("/api/v2/webhooks")).body.items[0];
  expect(await webhook()).toMatchObject({ on: true, secret: "signing-secret" });
  await set({ webhooks: "off" });
  expect(await webhook()).toMatchObject({ on: false });
  expect((await ld.call("POST", "/flags/checkout/toggle", { body: {} })).body.webhooks).toEqual([]);
  await set({ webhooks: "unsigned" });
  expect(await webhook()).not.toHaveProperty("secret");
});

describe("a patch that is only tried", () => {
  test("answers with the segment as it would be, and changes nothing", async () => {
    const before = (await ld.get(`${SEGMENTS}/list`)).body;
    const { status, body } = await ld.patch("list", ["a"], "user", { query: "?dryRun=true" });
    expect(status).toBe(200);
    expect(
      answerSchema("PATCH /api/v2/segments/{projectKey}/{environmentKey}/{segmentKey}", 200).safeParse(body)
        .success,
    ).toBe(true);
    expect(body).toMatchObject({ included: ["a"], version: before.version + 1 });
    expect((await ld.get(`${SEGMENTS}/list`)).body).toEqual(before);
  });

  test("says which right is missing, and what is wrong with it", async () => {
    const tryOut = (key: string, values: readonly string[]) =>
      ld.patch(key, values, "user", { query: "?dryRun=true" });
    expect((await tryOut("nobody", ["a"])).status).toBe(404);
    expect((await tryOut("big", ["a"])).status).toBe(400);
    await set({ deniedRights: ["updateIncluded"] });
    expect((await tryOut("list", ["a"])).status).toBe(403);
  });
});

describe("the persistent stores", () => {
  const stores = (version = "beta") => ld.call("GET", STORES, { version });

  test("are there for each environment with keys, until the settings say otherwise", async () => {
    const { body } = await stores();
    expect(answerSchema(`GET ${STORES}`, 200).safeParse(body).error?.issues).toBeUndefined();
    expect(body.items).toMatchObject([
      { projectKey: "web", environmentKey: "test", on: true },
      { environmentKey: "production" },
    ]);
    await set({ persistentStores: ["web/production"] });
    expect((await stores()).body.items).toMatchObject([{ environmentKey: "production" }]);
  });

  test("are a resource in beta, and want their right", async () => {
    expect((await stores("20240415")).status).toBe(403);
    await set({ deniedRights: ["readPersistentStores"] });
    expect((await stores()).status).toBe(403);
  });
});

describe("the metrics of a project", () => {
  const list = async (query = "") => (await ld.get(`/api/v2/metrics/web${query}`)).body;

  test("are those that were set, with their event and their units", async () => {
    expect((await list()).items).toEqual([]);
    const metric = { eventKey: "Order Completed", randomizationUnits: ["user", "device"], isNumeric: true };
    expect((await ld.call("PUT", "/metrics/web/orders", { body: metric })).status).toBe(200);
    await ld.call("PUT", "/metrics/web/old", { body: { eventKey: "signup", archived: true } });
    const body = await list();
    expect(
      answerSchema("GET /api/v2/metrics/{projectKey}", 200).safeParse(body).error?.issues,
    ).toBeUndefined();
    expect(body).toMatchObject({
      totalCount: 2,
      items: [
        {
          ...metric,
          key: "orders",
          name: "orders",
          kind: "custom",
          archived: false,
          activeExperimentCount: 1,
        },
        { key: "old", randomizationUnits: ["user"], archived: true },
      ],
    });
    expect((await list("?limit=1")).items).toHaveLength(1);
    expect((await ld.call("DELETE", "/metrics/web/old")).status).toBe(204);
    expect((await list()).totalCount).toBe(1);
    expect((await ld.call("PUT", "/metrics/web/bad", { body: {} })).status).toBe(400);
    expect((await ld.get("/api/v2/metrics/nobody")).status).toBe(404);
  });
});

describe("an export", () => {
  test.each([
    ["big", ['"a ""quoted"", key"', "b"]],
    ["segment-audiences-beta", ["ana", "bob"]],
  ])("of %s has every member, one a line", async (segment, lines) => {
    const started = await ld.call("POST", `${SEGMENTS}/${segment}/exports`);
    expect(started).toMatchObject({ status: 200, body: undefined });
    const { body } = await ld.get(started.location ?? "");
    const schema = answerSchema(
      "GET /api/v2/segments/{projectKey}/{environmentKey}/{segmentKey}/exports/{exportID}",
      200,
    );
    expect(schema.safeParse(body).error?.issues).toBeUndefined();
    expect(body).toMatchObject({ segmentKey: segment, status: "complete" });
    const file = (await ld.get(body._links.file.href)).body;
    expect(file).toBe(`${lines.join("\n")}\n`);
    expect(body.sizeBytes).toBe(Buffer.byteLength(file));
  });

  test("is there for its own segment, and for no list", async () => {
    const { location } = await ld.call("POST", `${SEGMENTS}/big/exports`);
    expect((await ld.get(String(location).replace("/big/", "/list/"))).status).toBe(404);
    expect((await ld.get(`${SEGMENTS}/big/exports/nobody`)).status).toBe(404);
    expect((await ld.call("POST", `${SEGMENTS}/list/exports`)).status).toBe(400);
    expect((await ld.call("POST", `${SEGMENTS}/nobody/exports`)).status).toBe(404);
  });
});
