import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answerSchema } from "../../test/support/launchdarkly-openapi.ts";
import { SEGMENTS, startLaunchDarkly } from "../../test/support/sandbox-launchdarkly.ts";

let ld: Awaited<ReturnType<typeof startLaunchDarkly>>;
beforeEach(async () => {
  ld = await startLaunchDarkly();
});
afterEach(() => ld.stop());

const SEGMENT_OF_DOCUMENT = "/api/v2/segments/{projectKey}/{environmentKey}/{segmentKey}";

describe("an answer has the shape of LaunchDarkly's OpenAPI document:", () => {
  beforeEach(async () => {
    await ld.makeBig("big");
    await ld.target("big", { add: ["a"] });
    await ld.make("list");
    await ld.patch("list", ["a"]);
    await ld.patch("list", ["b"], "device");
    await ld.sync("env-1", { ana: true });
    await ld.toggle("checkout");
  });

  test.each<[string, string, number, object?]>([
    ["GET /api/v2/caller-identity", "/api/v2/caller-identity", 200],
    ["GET /api/v2/versions", "/api/v2/versions", 200],
    ["GET /api/v2/projects", "/api/v2/projects?expand=environments", 200],
    ["GET /api/v2/projects/{projectKey}", "/api/v2/projects/web", 200],
    ["GET /api/v2/projects/{projectKey}", "/api/v2/projects/app", 404],
    ["GET /api/v2/projects/{projectKey}/environments", "/api/v2/projects/web/environments", 200],
    [
      "GET /api/v2/projects/{projectKey}/environments/{environmentKey}",
      "/api/v2/projects/web/environments/test",
      200,
    ],
    [
      "GET /api/v2/projects/{projectKey}/environments/{environmentKey}",
      "/api/v2/projects/web/environments/other",
      404,
    ],
    [
      "POST /api/v2/projects/{projectKey}/environments/{environmentKey}/segments/evaluate",
      "/api/v2/projects/web/environments/test/segments/evaluate",
      200,
      { key: "ana" },
    ],
    ["GET /api/v2/flags/{projectKey}", "/api/v2/flags/web", 200],
    ["GET /api/v2/flags/{projectKey}", "/api/v2/flags/app", 404],
    ["GET /api/v2/flags/{projectKey}/{featureFlagKey}", "/api/v2/flags/web/checkout", 200],
    ["GET /api/v2/flags/{projectKey}/{featureFlagKey}", "/api/v2/flags/web/other", 404],
    ["GET /api/v2/segments/{projectKey}/{environmentKey}", SEGMENTS, 200],
    ["GET /api/v2/segments/{projectKey}/{environmentKey}", "/api/v2/segments/web/other", 404],
    ["POST /api/v2/segments/{projectKey}/{environmentKey}", SEGMENTS, 201, { key: "new", name: "New" }],
    [`GET ${SEGMENT_OF_DOCUMENT}`, `${SEGMENTS}/big`, 200],
    [`GET ${SEGMENT_OF_DOCUMENT}`, `${SEGMENTS}/list`, 200],
    [`GET ${SEGMENT_OF_DOCUMENT}`, `${SEGMENTS}/segment-audiences-beta`, 200],
    [`GET ${SEGMENT_OF_DOCUMENT}`, `${SEGMENTS}/none`, 404],
    [`GET ${SEGMENT_OF_DOCUMENT}/contexts/{contextKey}`, `${SEGMENTS}/big/contexts/a`, 200],
    [`GET ${SEGMENT_OF_DOCUMENT}/contexts/{contextKey}`, `${SEGMENTS}/list/contexts/a`, 400],
    [`GET ${SEGMENT_OF_DOCUMENT}/users/{userKey}`, `${SEGMENTS}/big/users/a`, 200],
    ["GET /api/v2/auditlog", "/api/v2/auditlog", 200],
    ["GET /api/v2/webhooks", "/api/v2/webhooks", 200],
  ])("%s, here %s with %i", async (operation, path, status, body) => {
    const [method = ""] = operation.split(" ");
    const answer = await ld.call(method, path, body && { body });
    expect(answer.status).toBe(status);
    expect(answerSchema(operation, status).safeParse(answer.body).error?.issues).toBeUndefined();
  });

  test("of every entry of the audit log, and the token and the webhook that it links to", async () => {
    const listed = (await ld.get("/api/v2/auditlog?limit=20")).body.items;
    // Three segments were made and changed, one of them twice, and a flag was turned on.
    expect(listed).toHaveLength(8);
    for (const { _id } of listed) {
      const { body } = await ld.get(`/api/v2/auditlog/${_id}`);
      const { error } = answerSchema("GET /api/v2/auditlog/{id}", 200).safeParse(body);
      expect(error?.issues).toBeUndefined();
    }
    const { tokenId } = (await ld.get("/api/v2/caller-identity")).body;
    const token = await ld.get(`/api/v2/tokens/${tokenId}`);
    expect(answerSchema("GET /api/v2/tokens/{id}", 200).safeParse(token.body).success).toBe(true);
    const [webhook] = (await ld.get("/api/v2/webhooks")).body.items;
    const same = await ld.get(`/api/v2/webhooks/${webhook._id}`);
    expect(answerSchema("GET /api/v2/webhooks/{id}", 200).safeParse(same.body).success).toBe(true);
    expect(same.body).toEqual(webhook);
  });

  test.each([
    "/api/v2/caller-identity",
    "/api/v2/projects",
    "/api/v2/flags/web",
    SEGMENTS,
    "/api/v2/webhooks",
  ])("%s wants a token", async (path) => {
    expect(await ld.call("GET", path, { token: "other" })).toMatchObject({
      status: 401,
      body: { code: "unauthorized" },
    });
  });
});
