import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reduceEntry } from "../../lib/flag-changes/reduce.ts";
import { isSelected } from "../../lib/flag-changes/select.ts";
import { SEGMENTS, startLaunchDarkly } from "../../test/support/sandbox-launchdarkly.ts";

let ld: Awaited<ReturnType<typeof startLaunchDarkly>>;
beforeEach(async () => {
  ld = await startLaunchDarkly();
});
afterEach(() => ld.stop());

describe("segments", () => {
  test("of every sort are listed by page, the synced ones with whose they are", async () => {
    await ld.makeBig("big");
    await ld.make("list");
    await ld.sync("env-1", { ana: true, bob: true });
    await ld.sync("env-2", { eve: true });
    const { body } = await ld.get(`${SEGMENTS}?limit=2`);
    expect(body).toMatchObject({
      totalCount: 3,
      items: [
        { key: "big", unbounded: true },
        { key: "list", unbounded: false },
      ],
    });
    const next = await ld.get(body._links.next.href);
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
    expect((await ld.get(`${SEGMENTS}?filter=query:tester`)).body.totalCount).toBe(1);
    expect((await ld.get(`${SEGMENTS}?filter=external+exists`)).status).toBe(400);
  });

  test("count their versions and members by what really changes", async () => {
    await ld.makeBig("big");
    await ld.target("big", { add: ["a", "b"] });
    await ld.target("big", { add: ["a"], remove: ["nobody"] });
    await ld.target("big", { remove: ["b"] });
    const { body } = await ld.get(`${SEGMENTS}/big`);
    expect(body).toMatchObject({ version: 3, _unboundedMetadata: { includedCount: 1 } });
  });

  test.each([
    ["big", "a b/c", true],
    ["big", "other", false],
    ["segment-audiences-beta", "ana", true],
    ["segment-audiences-beta", "bob", false],
  ])("say of %s whether %s is a member: %s", async (segment, key, included) => {
    await ld.makeBig("big");
    await ld.target("big", { add: ["a b/c"] });
    await ld.sync("env-1", { ana: true, bob: false });
    const { body } = await ld.get(`${SEGMENTS}/${segment}/contexts/${encodeURIComponent(key)}`);
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
    await ld.makeBig("big");
    await ld.target("big", { add: ["d1"] });
    await ld.make("list");
    await ld.patch("list", ["ana"]);
    await ld.sync("env-1", { ana: true });
    const path = "/api/v2/projects/web/environments/test/segments/evaluate";
    const { items } = (await ld.call("POST", path, { body: context })).body;
    const members = items.filter(({ isMember }: { isMember: boolean }) => isMember);
    expect(items).toHaveLength(3);
    expect(members.map(({ key }: { key: string }) => key)).toEqual(expected);
  });

  test.each(["big", "list", "segment-audiences-beta"])(
    "can be deleted with their members: %s",
    async (key) => {
      await ld.makeBig("big");
      await ld.target("big", { add: ["ana"] });
      await ld.make("list");
      await ld.patch("list", ["ana"]);
      await ld.sync("env-1", { ana: true });
      expect((await ld.call("DELETE", `${SEGMENTS}/${key}`)).status).toBe(204);
      expect((await ld.get(`${SEGMENTS}/${key}`)).status).toBe(404);
      expect((await ld.call("DELETE", `${SEGMENTS}/${key}`)).status).toBe(404);
      expect((await ld.get("/segments")).body.segments).toHaveLength(2);
      if (key === "segment-audiences-beta") await ld.sync("env-1", { bob: true });
      else await ld.make(key, { unbounded: key === "big" });
      const again = (await ld.get("/segments")).body.segments;
      expect(again.flatMap(({ members }: { members: string[] }) => members).sort()).toEqual(
        key === "segment-audiences-beta" ? ["ana", "ana", "bob"] : ["ana", "ana"],
      );
    },
  );

  test("that are synced are changed by their integration alone", async () => {
    await ld.sync("env-1", { ana: true });
    expect((await ld.target("segment-audiences-beta", { add: ["bob"] })).status).toBe(400);
    expect((await ld.make("segment-audiences-beta")).status).toBe(409);
  });
});

describe("changes of segments in the audit log", () => {
  const SEGMENT_SPEC = "proj/*:env/*:segment/*";

  test("are entries with what happened, newest first, and no member's key", async () => {
    await ld.make("list", { tags: ["qa"] });
    await ld.patch("list", ["ana", "bob"]);
    await ld.patch("list", ["ana"]);
    await ld.call("DELETE", `${SEGMENTS}/list`);
    const listed = await ld.entries(SEGMENT_SPEC);
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
    const whole = await Promise.all(
      listed.map(({ _id }: { _id: string }) => ld.get(`/api/v2/auditlog/${_id}`)),
    );
    expect(JSON.stringify(whole)).not.toContain("ana");
    expect(whole[1]?.body).toMatchObject({ previousVersion: { version: 1 }, currentVersion: { version: 2 } });
  });

  test("come from integrations too, in environments whose keys are known", async () => {
    await ld.sync("env-1", { ana: true });
    await ld.sync("env-1", { ana: true });
    await ld.sync("env-3", { ana: true });
    expect(await ld.entries(SEGMENT_SPEC)).toMatchObject([
      {
        accesses: [
          { action: "updateIncluded", resource: "proj/web:env/test:segment/segment-audiences-beta" },
        ],
      },
      { accesses: [{ action: "createSegment" }] },
    ]);
  });

  test("leave a sweep for flags alone, and pass a connection's `only` as segments", async () => {
    await ld.toggle("checkout");
    await ld.make("list");
    await ld.patch("list", ["ana"]);
    expect(await ld.entries("proj/*:env/*:flag/*")).toMatchObject([{ kind: "flag" }]);
    const [entry] = await ld.entries(SEGMENT_SPEC);
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
    expect((await ld.get("/api/v2/caller-identity")).body).toMatchObject({
      authKind: "token",
      serviceToken: true,
    });
    expect((await ld.get("/api/v2/versions")).body).toMatchObject({
      currentVersion: 20240415,
      latestVersion: 20240415,
    });
  });

  test("finds the keys behind a client-side ID", async () => {
    const { items } = (await ld.get("/api/v2/projects?expand=environments")).body;
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
    const [project] = (await ld.get("/api/v2/projects")).body.items;
    expect(project).not.toHaveProperty("environments");
  });

  test("finds flags, by tag and in the environments that are asked for", async () => {
    await ld.toggle("checkout");
    await ld.toggle("search");
    expect((await ld.get("/api/v2/flags/web?filter=query:check&tag=qa")).body).toMatchObject({
      totalCount: 1,
      items: [{ key: "checkout", environments: { test: { on: true }, production: { on: false } } }],
    });
    const { environments } = (await ld.get("/api/v2/flags/web/checkout?env=test")).body;
    expect(Object.keys(environments)).toEqual(["test"]);
  });

  test("finds the webhook of a connection, for every flag", async () => {
    expect((await ld.get("/api/v2/webhooks")).body.items).toMatchObject([
      {
        name: "changes",
        url: "http://127.0.0.1:9/c/changes",
        on: true,
        statements: [{ resources: ["proj/*:env/*:flag/*"] }],
      },
    ]);
  });

  test("has a door of its own for faults", async () => {
    ld.faults.add([{ fault: "status", status: 503, headers: {}, on: "api", times: 1 }]);
    expect((await ld.get(SEGMENTS)).status).toBe(200);
    expect((await ld.get("/api/v2/caller-identity")).status).toBe(503);
    expect((await ld.get("/api/v2/caller-identity")).status).toBe(200);
  });
});
