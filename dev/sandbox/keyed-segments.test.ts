import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { listenOnLoopback } from "../listen.ts";
import { openEventStore } from "./event-store.ts";
import { createFaults } from "./faults.ts";
import { launchdarklyRoutes } from "./launchdarkly.ts";
import { sandboxServer } from "./route.ts";
import { openSegmentStore } from "./segment-store.ts";

const servers: Server[] = [];
const stores: { close: () => void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  for (const store of stores.splice(0)) store.close();
});

const PATCH_TYPE = "application/json; domain-model=launchdarkly.semanticpatch";

async function sandbox() {
  const segments = openSegmentStore();
  const events = openEventStore();
  stores.push(segments, events);
  const routes = launchdarklyRoutes({
    accessTokens: () => new Set(["token"]),
    clientSideIds: new Set(["env"]),
    environmentOf: (project, environment) =>
      project === "web" && environment === "test" ? "env" : undefined,
    segments,
    events,
    faults: createFaults(),
  });
  const server = createServer(sandboxServer(routes));
  servers.push(server);
  const base = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/sandbox/launchdarkly`;
  const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: "token", "content-type": "application/json", ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  const segmentsPath = "/api/v2/segments/web/test";
  return {
    call,
    make: (body: object) => call("POST", segmentsPath, { name: "VIP", ...body }),
    look: (key: string) => call("GET", `${segmentsPath}/${key}`),
    target: (key: string, included: object) => call("POST", `${segmentsPath}/${key}/contexts`, { included }),
    patch: (key: string, instructions: readonly object[], rest: object = {}, type = PATCH_TYPE) =>
      call(
        "PATCH",
        `${segmentsPath}/${key}`,
        { environmentKey: "test", instructions, ...rest },
        { "content-type": type },
      ),
    fault: (fault: object) => call("POST", "/faults", { faults: [fault] }),
    segments: async () => (await call("GET", "/segments")).body.segments,
  };
}

const adding = (values: readonly string[], contextKind = "user") => ({
  kind: "addIncludedTargets",
  contextKind,
  values,
});
const removing = (values: readonly string[], contextKind = "user") => ({
  kind: "removeIncludedTargets",
  contextKind,
  values,
});
const keys = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `m-${from + index}`);

describe("a big segment", () => {
  const big = { key: "vip", unbounded: true, unboundedContextKind: "device" };

  test("is made once, shows its kind and no members, and takes keys of that kind", async () => {
    const { make, look, target, segments } = await sandbox();
    expect((await look("vip")).status).toBe(404);
    expect((await target("vip", { add: ["a"] })).status).toBe(404);
    expect((await make(big)).status).toBe(201);
    expect((await make(big)).status).toBe(409);
    expect((await target("vip", { add: ["b", "a"] })).status).toBe(204);
    expect((await target("vip", { remove: ["b"], add: ["a"] })).status).toBe(204);
    expect(await look("vip")).toMatchObject({
      status: 200,
      body: {
        key: "vip",
        unbounded: true,
        unboundedContextKind: "device",
        included: [],
        includedContexts: [],
      },
    });
    expect(await segments()).toEqual([
      {
        environmentId: "env",
        integration: "big",
        id: "vip",
        name: "VIP",
        contextKind: "device",
        members: ["a"],
      },
    ]);
  });

  test("takes no list instructions", async () => {
    const { make, patch } = await sandbox();
    await make(big);
    expect((await patch("vip", [adding(["a"])])).status).toBe(400);
  });
});

describe("a list segment", () => {
  test("takes targets of several kinds by semantic patch alone", async () => {
    const { make, look, patch, target, segments } = await sandbox();
    await make({ key: "vip" });
    expect((await patch("vip", [adding(["a", "b"]), adding(["c"], "device")])).status).toBe(200);
    expect((await patch("vip", [removing(["a", "nobody"])])).status).toBe(200);
    expect((await target("vip", { add: ["x"] })).status).toBe(400);
    expect((await look("vip")).body).toMatchObject({
      unbounded: false,
      included: ["b"],
      includedContexts: [{ contextKind: "device", values: ["c"] }],
    });
    const shown = { environmentId: "env", integration: "list", id: "vip", name: "VIP" };
    expect(await segments()).toEqual([
      { ...shown, contextKind: "device", members: ["c"] },
      { ...shown, contextKind: "user", members: ["b"] },
    ]);
  });

  test.each<[string, readonly object[], object, string]>([
    ["another content type", [adding(["a"])], {}, "application/json"],
    ["another environment", [adding(["a"])], { environmentKey: "production" }, PATCH_TYPE],
    ["no instruction", [], {}, PATCH_TYPE],
    ["an unknown instruction", [{ kind: "addEverybody" }], {}, PATCH_TYPE],
    ["an empty key", [adding(["a", ""])], {}, PATCH_TYPE],
    ["too many operations", [adding(keys(1_000)), removing(keys(501))], {}, PATCH_TYPE],
  ])("refuses %s as a whole", async (_, instructions, rest, type) => {
    const { make, patch, segments } = await sandbox();
    await make({ key: "vip" });
    expect((await patch("vip", instructions, rest, type)).status).toBe(400);
    expect(await segments()).toMatchObject([{ members: [] }]);
  });

  test("has at most 15,000 targets, and takes removals when it is full", async () => {
    const { make, patch } = await sandbox();
    await make({ key: "vip" });
    for (let from = 0; from < 15_000; from += 1_500)
      expect((await patch("vip", [adding(keys(1_500, from))])).status).toBe(200);
    expect((await patch("vip", [adding(["one-more"])])).status).toBe(400);
    expect((await patch("vip", [adding(["m-1"])])).status).toBe(200);
    expect((await patch("vip", [removing(["m-1"]), adding(["one-more"])])).status).toBe(200);
  });
});

describe("the doors of the public API", () => {
  test.each([
    ["another token", "/api/v2/segments/web/test", { authorization: "wrong" }, 401],
    ["another project", "/api/v2/segments/app/test", {}, 404],
    ["another environment", "/api/v2/segments/web/production", {}, 404],
  ])("are shut for %s", async (_, path, headers, status) => {
    const { call, segments } = await sandbox();
    expect((await call("POST", path, { key: "vip", name: "VIP" }, headers)).status).toBe(status);
    expect(await segments()).toEqual([]);
  });

  test.each([{ key: "a b" }, { key: "vip", name: "" }, { key: "vip", members: [] }])(
    "make no segment of %j",
    async (body) => {
      const { make } = await sandbox();
      expect((await make(body)).status).toBe(400);
    },
  );

  test("have the faults and poisoned members of the segments' door", async () => {
    const { make, patch, target, fault, segments, call } = await sandbox();
    await make({ key: "list" });
    await make({ key: "big", unbounded: true });
    await fault({ fault: "poison", contextKey: "bad" });
    expect((await patch("list", [adding(["a", "bad"])])).status).toBe(400);
    expect((await target("big", { add: ["bad"] })).status).toBe(400);
    await fault({ fault: "applied-then-status", status: 503 });
    expect((await patch("list", [adding(["a"])])).status).toBe(503);
    await fault({ fault: "applied-not-answered" });
    await expect(make({ key: "other" })).rejects.toThrow();
    expect(await segments()).toMatchObject([
      { id: "big", members: [] },
      { id: "list", members: ["a"] },
      { id: "other", members: [] },
    ]);
    expect((await call("GET", "/requests")).body).toMatchObject({ requests: 6, members: 1, largest: 2 });
  });
});
