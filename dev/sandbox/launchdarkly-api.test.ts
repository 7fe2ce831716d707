import { createServer } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { reduceEntry } from "../../lib/flag-changes/reduce.ts";
import { isSelected } from "../../lib/flag-changes/select.ts";
import { answerSchema } from "../../test/support/launchdarkly-openapi.ts";
import { listenOnLoopback } from "../listen.ts";
import { clientSideIdOf, clientSideIds } from "../sandbox-connections.ts";
import { openEventStore } from "./event-store.ts";
import { createFaults, type Faults } from "./faults.ts";
import { openFlagChangeSandbox } from "./flag-changes.ts";
import { launchdarklyRoutes } from "./launchdarkly.ts";
import { sandboxServer } from "./route.ts";
import { openSegmentStore } from "./segment-store.ts";

const PATCH_TYPE = "application/json; domain-model=launchdarkly.semanticpatch";
const SEGMENTS = "/api/v2/segments/web/test";
const SEGMENT_OF_DOCUMENT = "/api/v2/segments/{projectKey}/{environmentKey}/{segmentKey}";

let base: string;
let faults: Faults;
let stop: () => Promise<void>;

beforeEach(async () => {
  const checked = checkConnections({
    launchdarkly: {
      test: { clientSideId: "env-1", secret: "ld", project: "web", environment: "test" },
      production: { clientSideId: "env-2", secret: "ld", project: "web", environment: "production" },
      keyless: { clientSideId: "env-3", secret: "ld" },
    },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: {
      changes: { source: "launchdarkly", secret: "webhook", posthog: { to: ["main"] } },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { connections } = checked;
  faults = createFaults();
  const accessTokens = () => new Set(["token"]);
  const flagChanges = openFlagChangeSandbox({
    dataDir: { launchdarklyFlags: undefined, posthog: undefined },
    connections,
    secrets: () => ({ webhook: { signingSecrets: ["signing-secret"] } }),
    accessTokens,
    url: () => "http://127.0.0.1:9",
    faults,
  });
  const [segments, events] = [openSegmentStore(), openEventStore()];
  const server = createServer(
    sandboxServer([
      ...launchdarklyRoutes({
        accessTokens,
        clientSideIds: clientSideIds(connections),
        environmentOf: (project, environment) => clientSideIdOf(connections, project, environment),
        segments,
        noteChange: flagChanges.noteSegmentChange,
        events,
        faults,
      }),
      ...flagChanges.routes,
    ]),
  );
  base = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/sandbox/launchdarkly`;
  stop = async () => {
    server.closeAllConnections();
    server.close();
    await flagChanges.stop();
    segments.close();
    events.close();
  };
});

afterEach(() => stop());

async function call(
  method: string,
  path: string,
  { body, token = "token", type = "application/json" }: { body?: object; token?: string; type?: string } = {},
) {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: token, "content-type": type, "ld-api-version": "20240415" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

const get = (path: string) => call("GET", path);
const make = (key: string, rest: object = {}) =>
  call("POST", SEGMENTS, { body: { key, name: key.toUpperCase(), ...rest } });
const makeBig = (key: string) => make(key, { unbounded: true, unboundedContextKind: "device" });
const target = (key: string, included: object) =>
  call("POST", `${SEGMENTS}/${key}/contexts`, { body: { included } });
const patch = (key: string, values: readonly string[], contextKind = "user", comment = "why") =>
  call("PATCH", `${SEGMENTS}/${key}`, {
    type: PATCH_TYPE,
    body: {
      comment,
      environmentKey: "test",
      instructions: [{ kind: "addIncludedTargets", contextKind, values }],
    },
  });
const sync = (environmentId: string, changes: Record<string, boolean>, cohortId = "beta") =>
  call("POST", "/api/v2/segment-targets/segment-audiences", {
    body: {
      environmentId,
      contextKind: "user",
      batch: Object.entries(changes).map(([userId, value]) => ({
        ...{ userId, value, cohortId, cohortName: "Beta testers" },
      })),
    },
  });
const toggle = (key: string) =>
  call("POST", `/flags/${key}/toggle`, {
    body: { project: "web", environment: "test", webhook: false, tags: ["qa"] },
  });
const entries = async (spec: string) =>
  (await get(`/api/v2/auditlog?limit=20&spec=${encodeURIComponent(spec)}`)).body.items;

describe("an answer has the shape of LaunchDarkly's OpenAPI document:", () => {
  beforeEach(async () => {
    await makeBig("big");
    await target("big", { add: ["a"] });
    await make("list");
    await patch("list", ["a"]);
    await patch("list", ["b"], "device");
    await sync("env-1", { ana: true });
    await toggle("checkout");
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
    const answer = await call(method, path, body && { body });
    expect(answer.status).toBe(status);
    expect(answerSchema(operation, status).safeParse(answer.body).error?.issues).toBeUndefined();
  });

  test("of every entry of the audit log, and the token and the webhook that it links to", async () => {
    const listed = (await get("/api/v2/auditlog?limit=20")).body.items;
    // Each of the four was made, three of them were changed, and one of them twice.
    expect(listed).toHaveLength(8);
    for (const { _id } of listed) {
      const { body } = await get(`/api/v2/auditlog/${_id}`);
      const { error } = answerSchema("GET /api/v2/auditlog/{id}", 200).safeParse(body);
      expect(error?.issues).toBeUndefined();
    }
    const { tokenId } = (await get("/api/v2/caller-identity")).body;
    const token = await get(`/api/v2/tokens/${tokenId}`);
    expect(answerSchema("GET /api/v2/tokens/{id}", 200).safeParse(token.body).success).toBe(true);
    const [webhook] = (await get("/api/v2/webhooks")).body.items;
    const same = await get(`/api/v2/webhooks/${webhook._id}`);
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
    expect(await call("GET", path, { token: "other" })).toMatchObject({
      status: 401,
      body: { code: "unauthorized" },
    });
  });
});

describe("segments", () => {
  test("of every sort are listed by page, the synced ones with whose they are", async () => {
    await makeBig("big");
    await make("list");
    await sync("env-1", { ana: true, bob: true });
    await sync("env-2", { eve: true });
    const { body } = await get(`${SEGMENTS}?limit=2`);
    expect(body).toMatchObject({
      totalCount: 3,
      items: [
        { key: "big", unbounded: true },
        { key: "list", unbounded: false },
      ],
    });
    const next = await get(body._links.next.href);
    expect(next.body.items).toMatchObject([
      {
        key: "segment-audiences-beta",
        name: "Beta testers",
        unbounded: true,
        _external: "segment-audiences",
        _unboundedMetadata: { includedCount: 2 },
      },
    ]);
    expect(next.body._links).not.toHaveProperty("next");
    expect((await get(`${SEGMENTS}?filter=query:tester`)).body.totalCount).toBe(1);
    expect((await get(`${SEGMENTS}?filter=external+exists`)).status).toBe(400);
  });

  test("count their versions and members by what really changes", async () => {
    await makeBig("big");
    await target("big", { add: ["a", "b"] });
    await target("big", { add: ["a"], remove: ["nobody"] });
    await target("big", { remove: ["b"] });
    const { body } = await get(`${SEGMENTS}/big`);
    expect(body).toMatchObject({ version: 3, _unboundedMetadata: { includedCount: 1 } });
  });

  test.each([
    ["big", "a b/c", true],
    ["big", "other", false],
    ["segment-audiences-beta", "ana", true],
    ["segment-audiences-beta", "bob", false],
  ])("say of %s whether %s is a member: %s", async (segment, key, included) => {
    await makeBig("big");
    await target("big", { add: ["a b/c"] });
    await sync("env-1", { ana: true, bob: false });
    const { body } = await get(`${SEGMENTS}/${segment}/contexts/${encodeURIComponent(key)}`);
    expect(body).toEqual({ userKey: key, included, excluded: false });
  });

  test.each<[object, string[]]>([
    [{ key: "ana" }, ["list", "segment-audiences-beta"]],
    [{ kind: "device", key: "d1" }, ["big"]],
    [
      { kind: "multi", user: { key: "ana" }, device: { key: "d1" } },
      ["big", "list", "segment-audiences-beta"],
    ],
    [{ kind: "device", key: "ana" }, []],
  ])("are evaluated for %j: %j", async (context, expected) => {
    await makeBig("big");
    await target("big", { add: ["d1"] });
    await make("list");
    await patch("list", ["ana"]);
    await sync("env-1", { ana: true });
    const path = "/api/v2/projects/web/environments/test/segments/evaluate";
    const { items } = (await call("POST", path, { body: context })).body;
    const members = items.filter(({ isMember }: { isMember: boolean }) => isMember);
    expect(items).toHaveLength(3);
    expect(members.map(({ key }: { key: string }) => key)).toEqual(expected);
  });

  test.each(["big", "list", "segment-audiences-beta"])(
    "can be deleted with their members: %s",
    async (key) => {
      await makeBig("big");
      await target("big", { add: ["ana"] });
      await make("list");
      await patch("list", ["ana"]);
      await sync("env-1", { ana: true });
      expect((await call("DELETE", `${SEGMENTS}/${key}`)).status).toBe(204);
      expect((await get(`${SEGMENTS}/${key}`)).status).toBe(404);
      expect((await call("DELETE", `${SEGMENTS}/${key}`)).status).toBe(404);
      expect((await get("/segments")).body.segments).toHaveLength(2);
      if (key === "segment-audiences-beta") await sync("env-1", { bob: true });
      else await make(key, { unbounded: key === "big" });
      const again = (await get("/segments")).body.segments;
      expect(again.flatMap(({ members }: { members: string[] }) => members).sort()).toEqual(
        key === "segment-audiences-beta" ? ["ana", "ana", "bob"] : ["ana", "ana"],
      );
    },
  );

  test("that are synced are changed by their integration alone", async () => {
    await sync("env-1", { ana: true });
    expect((await target("segment-audiences-beta", { add: ["bob"] })).status).toBe(400);
    expect((await make("segment-audiences-beta")).status).toBe(409);
  });
});

describe("changes of segments in the audit log", () => {
  const SEGMENT_SPEC = "proj/*:env/*:segment/*";

  test("are entries with what happened, newest first, and no member's key", async () => {
    await make("list", { tags: ["qa"] });
    await patch("list", ["ana", "bob"]);
    await patch("list", ["ana"]);
    await call("DELETE", `${SEGMENTS}/list`);
    const listed = await entries(SEGMENT_SPEC);
    expect(listed).toMatchObject([
      { kind: "segment", titleVerb: "deleted the segment", accesses: [{ action: "deleteSegment" }] },
      {
        titleVerb: "updated the segment",
        comment: "why",
        description: "* Added 2 to the included targets\n",
        accesses: [{ action: "updateIncluded", resource: "proj/web:env/test:segment/list;qa" }],
      },
      { titleVerb: "created the segment", accesses: [{ action: "createSegment" }] },
    ]);
    const whole = await Promise.all(listed.map(({ _id }: { _id: string }) => get(`/api/v2/auditlog/${_id}`)));
    expect(JSON.stringify(whole)).not.toContain("ana");
    expect(whole[1]?.body).toMatchObject({ previousVersion: { version: 1 }, currentVersion: { version: 2 } });
  });

  test("come from integrations too, in environments whose keys are known", async () => {
    await sync("env-1", { ana: true });
    await sync("env-1", { ana: true });
    await sync("env-3", { ana: true });
    expect(await entries(SEGMENT_SPEC)).toMatchObject([
      {
        accesses: [
          { action: "updateIncluded", resource: "proj/web:env/test:segment/segment-audiences-beta" },
        ],
      },
      { accesses: [{ action: "createSegment" }] },
    ]);
  });

  test("leave a sweep for flags alone, and pass a connection's `only` as segments", async () => {
    await toggle("checkout");
    await make("list");
    await patch("list", ["ana"]);
    expect(await entries("proj/*:env/*:flag/*")).toMatchObject([{ kind: "flag" }]);
    const [entry] = await entries(SEGMENT_SPEC);
    const reduced = reduceEntry(entry, { index: 0, digest: String });
    if (reduced.kind !== "change") throw new Error("the entry is none");
    const only = { kinds: [], projects: [], environments: [], actions: [] };
    const passes = (some: object) => isSelected(reduced.change, { ...only, ...some });
    expect(passes({ kinds: ["segment"], environments: ["test"], actions: ["updateIncluded"] })).toBe(true);
    expect(passes({ kinds: ["flag"] })).toBe(false);
    expect(passes({ environments: ["production"] })).toBe(false);
    expect(passes({ actions: ["behaviour"] })).toBe(false);
  });
});

describe("what tools ask first", () => {
  test("says of which kind the token is, and which version of the API answers", async () => {
    expect((await get("/api/v2/caller-identity")).body).toMatchObject({
      authKind: "token",
      serviceToken: true,
    });
    expect((await get("/api/v2/versions")).body).toMatchObject({
      currentVersion: 20240415,
      latestVersion: 20240415,
    });
  });

  test("finds the keys behind a client-side ID", async () => {
    const { items } = (await get("/api/v2/projects?expand=environments")).body;
    expect(items).toMatchObject([
      {
        key: "web",
        environments: {
          items: [
            { _id: "env-1", key: "test" },
            { _id: "env-2", key: "production" },
          ],
        },
      },
    ]);
    const [project] = (await get("/api/v2/projects")).body.items;
    expect(project).not.toHaveProperty("environments");
  });

  test("finds flags, by tag and in the environments that are asked for", async () => {
    await toggle("checkout");
    await toggle("search");
    expect((await get("/api/v2/flags/web?filter=query:check&tag=qa")).body).toMatchObject({
      totalCount: 1,
      items: [{ key: "checkout", environments: { test: { on: true }, production: { on: false } } }],
    });
    const { environments } = (await get("/api/v2/flags/web/checkout?env=test")).body;
    expect(Object.keys(environments)).toEqual(["test"]);
  });

  test("finds the webhook of a connection, for every flag", async () => {
    expect((await get("/api/v2/webhooks")).body.items).toMatchObject([
      {
        name: "changes",
        url: "http://127.0.0.1:9/c/changes",
        on: true,
        statements: [{ resources: ["proj/*:env/*:flag/*"] }],
      },
    ]);
  });

  test("has a door of its own for faults", async () => {
    faults.add([{ fault: "status", status: 503, headers: {}, on: "api", times: 1 }]);
    expect((await get(SEGMENTS)).status).toBe(200);
    expect((await get("/api/v2/caller-identity")).status).toBe(503);
    expect((await get("/api/v2/caller-identity")).status).toBe(200);
  });
});
