import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../../test/support/temporary-folder.ts";
import { listenOnLoopback } from "../listen.ts";
import { openEventStore } from "./event-store.ts";
import { createFaults } from "./faults.ts";
import { launchdarklyRoutes } from "./launchdarkly.ts";
import { sandboxServer } from "./route.ts";
import { openSegmentStore } from "./segment-store.ts";

/** A busy machine is slow, and that is no failure. */
const patiently = { timeout: 10_000 };

const servers: Server[] = [];
const stores: { close: () => void }[] = [];
const folders: TemporaryFolder[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  for (const store of stores.splice(0)) store.close();
  for (const folder of folders.splice(0)) await folder.remove();
});

async function sandbox(file?: string) {
  const segments = openSegmentStore(file);
  const events = openEventStore();
  stores.push(segments, events);
  const tokens = new Set(["token"]);
  const server = createServer(
    sandboxServer(
      launchdarklyRoutes({
        accessTokens: () => tokens,
        clientSideIds: new Set(["env", "env-2"]),
        environmentOf: () => undefined,
        segments,
        events,
        faults: createFaults(),
      }),
    ),
  );
  servers.push(server);
  const base = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/sandbox/launchdarkly`;
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ) => {
    const response = await fetch(`${base}${path}`, {
      method,
      signal: signal ?? null,
      headers: { authorization: "token", "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  };
  return {
    call,
    tokens,
    sync: (body: unknown, headers?: Record<string, string>, signal?: AbortSignal) =>
      call("POST", "/api/v2/segment-targets/segment-audiences", body, headers, signal),
    segments: async () => (await call("GET", "/segments")).body.segments,
    fault: (...faults: unknown[]) => call("POST", "/faults", { faults }),
  };
}

const change = (userId: string, value: boolean) => ({ userId, value, cohortId: "beta", cohortName: "Beta" });
const bodyOf = (...batch: unknown[]) => ({ environmentId: "env", contextKind: "user", batch });
const adding = (...keys: string[]) => bodyOf(...keys.map((key) => change(key, true)));
const beta = (...members: string[]) => ({
  environmentId: "env",
  integration: "segment-audiences",
  id: "beta",
  name: "Beta",
  contextKind: "user",
  members,
});

describe("segment-targets", () => {
  test("makes the segment and keeps its members in order", async () => {
    const { sync, segments } = await sandbox();

    const answer = await sync(adding("c", "a", "b"));

    expect(answer).toMatchObject({ status: 204, body: undefined });
    expect(await segments()).toEqual([beta("a", "b", "c")]);
  });

  test("adds and removes in one request, and takes repeats", async () => {
    const { sync, segments } = await sandbox();
    await sync(adding("a", "b"));

    await sync(bodyOf(change("b", true), change("a", false), change("nobody", false), change("c", true)));

    expect(await segments()).toEqual([beta("b", "c")]);
  });

  test("keeps a segment that has lost its last member, and its first name", async () => {
    const { sync, segments } = await sandbox();
    await sync(adding("a"));

    await sync(bodyOf({ ...change("a", false), cohortName: "Renamed" }));

    expect(await segments()).toEqual([beta()]);
  });

  test("keeps segments of other environments and integrations apart", async () => {
    const { sync, call, segments } = await sandbox();
    await sync(adding("a"));
    await sync({ ...adding("b"), environmentId: "env-2" });
    await call("POST", "/api/v2/segment-targets/amplitude", adding("c"));

    expect(await segments()).toEqual([
      { ...beta("c"), integration: "amplitude" },
      beta("a"),
      { ...beta("b"), environmentId: "env-2" },
    ]);
  });

  test.each([
    ["another token", adding("a"), { authorization: "wrong" }, 401, "unauthorized"],
    ["Bearer in front of the token", adding("a"), { authorization: "Bearer token" }, 401, "unauthorized"],
    ["an unknown environment", { ...adding("a"), environmentId: "other" }, {}, 404, "not_found"],
    ["text that is not JSON", "{", {}, 400, "invalid_request"],
    ["a member without an id", bodyOf(change("a", true), change("", true)), {}, 400, "invalid_request"],
  ])("refuses %s, and nothing of the request is applied", async (_, body, headers, status, code) => {
    const { sync, segments } = await sandbox();

    expect(await sync(body, headers)).toMatchObject({ status, body: { code, message: expect.any(String) } });
    expect(await segments()).toEqual([]);
  });

  test("refuses another context kind than the segment's", async () => {
    const { sync, segments } = await sandbox();
    await sync(adding("a"));

    expect(await sync({ ...adding("b"), contextKind: "device" })).toMatchObject({
      status: 400,
      body: { code: "invalid_request" },
    });
    expect(await segments()).toEqual([beta("a")]);
  });

  test("refuses an unknown integration", async () => {
    const { call } = await sandbox();

    expect(await call("POST", "/api/v2/segment-targets/mparticle", adding("a"))).toMatchObject({
      status: 404,
    });
  });

  test("takes the access token that the secrets file has now", async () => {
    const { sync, tokens } = await sandbox();
    tokens.clear();
    tokens.add("rotated");

    expect(await sync(adding("a"))).toMatchObject({ status: 401 });
    expect(await sync(adding("a"), { authorization: "rotated" })).toMatchObject({ status: 204 });
  });

  test("keeps what it was told in a file", async () => {
    const folder = await temporaryFolder();
    folders.push(folder);
    const file = join(folder.path, "launchdarkly.db");
    const { sync } = await sandbox(file);
    await sync(adding("a"));
    stores.pop()?.close();

    expect(await (await sandbox(file)).segments()).toEqual([beta("a")]);
  });

  test("counts its requests, members and answers", async () => {
    const { sync, call, fault } = await sandbox();
    await sync(adding("a", "b", "c"));
    await sync(adding("a"));
    await sync(bodyOf());
    await fault({ fault: "reset" });
    await expect(sync(adding("a"))).rejects.toThrow();

    expect((await call("GET", "/requests")).body).toEqual({
      requests: 4,
      members: 4,
      largest: 3,
      answers: { 204: 2, 400: 1, none: 1 },
    });
  });
});

describe("faults", () => {
  test("happen in order to the requests that follow, as often as they say, and then no more", async () => {
    const { sync, fault, call } = await sandbox();
    await fault({ fault: "status", status: 500, times: 2 }, { fault: "status", status: 429 });

    expect((await sync(adding("a"))).status).toBe(500);
    expect((await call("GET", "/faults")).body.faults).toMatchObject([
      { fault: "status", status: 500, times: 1 },
      { fault: "status", status: 429, times: 1 },
    ]);
    expect((await sync(adding("a"))).status).toBe(500);
    expect((await sync(adding("a"))).status).toBe(429);
    expect((await sync(adding("a"))).status).toBe(204);
    expect((await call("GET", "/faults")).body).toEqual({ faults: [] });
  });

  test("a status comes with its headers, and nothing is applied", async () => {
    const { sync, fault, segments } = await sandbox();
    await fault({
      fault: "status",
      status: 429,
      headers: { "X-Ratelimit-Reset": "123", "Retry-After": "2" },
    });

    const answer = await sync(adding("a"));

    expect(answer).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    expect(answer.headers.get("x-ratelimit-reset")).toBe("123");
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await segments()).toEqual([]);
  });

  test("a status has no headers of the rate limits but those that it was ordered with", async () => {
    const { sync, fault } = await sandbox();
    const families = ["global", "route", "auth-token"].map((family) => `x-ratelimit-${family}-remaining`);
    const [account = ""] = families;
    const before = await sync(adding("a"));
    expect(families.map((name) => before.headers.get(name))).not.toContain(null);
    await fault({ fault: "status", status: 429, headers: { [account]: "0" } });
    const { headers } = await sync(adding("a"));
    expect(families.map((name) => headers.get(name))).toEqual(["0", null, null]);
  });

  test("a reset breaks the connection off, and nothing is applied", async () => {
    const { sync, fault, segments } = await sandbox();
    await fault({ fault: "reset" });

    await expect(sync(adding("a"))).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
    expect(await segments()).toEqual([]);
  });

  test("applied-not-answered breaks the connection off after it has taken effect", async () => {
    const { sync, fault, segments } = await sandbox();
    await fault({ fault: "applied-not-answered" });

    await expect(sync(adding("a"))).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
    expect(await segments()).toEqual([beta("a")]);
  });

  test("applied-then-status takes effect and answers with the status", async () => {
    const { sync, fault, segments } = await sandbox();
    await fault({ fault: "applied-then-status", status: 500 });

    expect((await sync(adding("a"))).status).toBe(500);
    expect(await segments()).toEqual([beta("a")]);
  });

  test("a delay takes effect when it is over, also when the caller has gone", async () => {
    const { fault, segments, sync } = await sandbox();
    await fault({ fault: "delay", ms: 300, times: 2 });
    const start = Date.now();
    expect((await sync(adding("a"))).status).toBe(204);
    expect(Date.now() - start).toBeGreaterThanOrEqual(290);

    const impatient = sync(adding("b"), {}, AbortSignal.timeout(50));
    await expect(impatient).rejects.toThrow();
    expect(await segments()).toEqual([beta("a")]);
    await expect.poll(segments, patiently).toEqual([beta("a", "b")]);
  });

  test("a poisoned member refuses every request that holds it, and the others are applied", async () => {
    const { sync, fault, segments } = await sandbox();
    await fault({ fault: "poison", contextKey: "bad" });

    expect(await sync(adding("a", "bad"))).toMatchObject({ status: 400 });
    expect(await sync(adding("bad"))).toMatchObject({ status: 400 });
    expect(await sync(adding("a"))).toMatchObject({ status: 204 });
    expect(await segments()).toEqual([beta("a")]);
  });

  test("with a probability they fire by a seed, so that a run can be repeated", async () => {
    const run = async (seed: number) => {
      const { sync, fault } = await sandbox();
      await fault({ fault: "status", status: 500, times: 1000, probability: 0.5, seed });
      const statuses: number[] = [];
      for (let n = 0; n < 40; n++) statuses.push((await sync(adding("a"))).status);
      return statuses;
    };

    const first = await run(7);

    expect(first.filter((status) => status === 500).length).toBeGreaterThan(8);
    expect(first.filter((status) => status === 204).length).toBeGreaterThan(8);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  test("one that does not fire leaves the request to the next", async () => {
    const { sync, fault } = await sandbox();
    await fault({ fault: "status", status: 500, probability: 1e-9 }, { fault: "status", status: 429 });

    expect((await sync(adding("a"))).status).toBe(429);
  });

  test("tell of poison with its door, each once", async () => {
    const { fault } = await sandbox();
    const poison = { fault: "poison", contextKey: "a" };

    const { body } = await fault(poison, { ...poison, on: "events" }, poison);

    expect(body).toEqual({ faults: [{ ...poison, on: "events" }, poison] });
  });

  test("are all taken back by a DELETE, poison too", async () => {
    const { sync, fault, call } = await sandbox();
    await fault({ fault: "reset", times: 5 }, { fault: "poison", contextKey: "a" });

    await call("DELETE", "/faults");

    expect((await sync(adding("a"))).status).toBe(204);
  });

  test.each([
    ["an unknown fault", { fault: "explode" }, "faults[1].fault: expected status, delay, reset"],
    ["a status that is none", { fault: "status", status: 99 }, "status"],
    ["no status", { fault: "status" }, "status"],
    [
      "a header that cannot be sent",
      { fault: "status", status: 429, headers: { "a b": "c" } },
      "header name",
    ],
    ["times of 0", { fault: "reset", times: 0 }, "times"],
    ["a probability over 1", { fault: "reset", probability: 2 }, "probability"],
    ["a word too many", { fault: "reset", often: true }, "often"],
    ["a delay without its length", { fault: "delay" }, "ms"],
    [
      "poison behind a door that no member goes through",
      { fault: "poison", contextKey: "a", on: "audit-log" },
      "on: ",
    ],
    ["poison for nobody", { fault: "poison", contextKey: "" }, "contextKey"],
  ])("are refused as a whole, by name, for %s", async (_, wrong, named) => {
    const { fault, call } = await sandbox();

    expect(await fault({ fault: "reset" }, wrong)).toMatchObject({
      status: 400,
      body: { code: "invalid_request", message: expect.stringContaining(named) },
    });
    expect((await call("GET", "/faults")).body).toEqual({ faults: [] });
  });
});

test("a route that does not exist is a 404 that names those that do", async () => {
  const { call } = await sandbox();

  expect(await call("GET", "/nothing")).toMatchObject({
    status: 404,
    body: {
      message: "the sandbox has no GET /sandbox/launchdarkly/nothing",
      routes: expect.arrayContaining(["GET /sandbox/launchdarkly/segments"]),
    },
  });
});
