import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { stubAws } from "../../test/support/aws-environment.ts";
import { type LocalTable, startLocalTable } from "../../test/support/local-table.ts";
import { createDynamoCalls } from "../aws/dynamodb.ts";
import type { DynamoCalls } from "../table/calls.ts";
import { dynamoReplays } from "./dynamodb.ts";
import { replaysContract } from "./replays.contract.ts";
import { REMEMBERED_MS, type RequestKey, TAKEN_MS } from "./replays.ts";

const nowMs = 1_800_000_000_000;
const request: RequestKey = { connection: "own", digest: "d".repeat(64) };

let local: LocalTable;
let calls: DynamoCalls;

beforeAll(async () => {
  local = await startLocalTable();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", local.endpoint);
  stubAws();
  calls = createDynamoCalls({ table: local.table, timeoutMs: 10_000 });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await local.stop();
});

replaysContract("DynamoDB", async () => dynamoReplays({ calls, random: Math.random }));

test("an item holds when it ends and whose it was, and nothing of the request", async () => {
  const replays = dynamoReplays({ calls, random: () => 0.5 });
  const answer = await replays.take(request, nowMs);
  const common = {
    pk: { S: request.digest },
    sk: { S: "own" },
    by: { S: "i-i" },
    expires: { N: String((nowMs + REMEMBERED_MS) / 1_000) },
  };
  const stored = () => local.item(request.digest, "own");
  expect(await stored()).toEqual({ ...common, until: { N: String(nowMs + TAKEN_MS) } });
  if (answer.kind !== "taken") throw new Error("the request was not taken");
  await replays.finish(answer.taken, nowMs);
  expect(await stored()).toEqual({
    ...common,
    done: { BOOL: true },
    until: { N: String(nowMs + REMEMBERED_MS) },
  });
});

describe("an answer that is lost", () => {
  /** A table that does what it is told and then keeps silent, the first time. */
  function forgetful(): Pick<DynamoCalls, "get" | "update"> {
    let isFirst = true;
    return {
      get: calls.get,
      update: async (change) => {
        const answer = await calls.update(change);
        if (!isFirst) return answer;
        isFirst = false;
        return { kind: "unanswered", cause: new Error("socket hang up") };
      },
    };
  }

  test("of a take is found again by its token", async () => {
    const key = { ...request, connection: "take" };
    const answer = await dynamoReplays({ calls: forgetful(), random: Math.random }).take(key, nowMs);
    expect(answer.kind).toBe("taken");
  });

  test("of a finish is no harm: it is written once more", async () => {
    const key = { ...request, connection: "finish" };
    const replays = dynamoReplays({ calls, random: Math.random });
    const answer = await replays.take(key, nowMs);
    if (answer.kind !== "taken") throw new Error("the request was not taken");
    const silent = dynamoReplays({ calls: forgetful(), random: Math.random });
    expect(await silent.finish(answer.taken, nowMs)).toEqual({ kind: "remembered" });
  });
});

describe("a table that cannot be asked is said to be unavailable, with the code:", () => {
  const throttled = Object.assign(new Error("slow down"), { name: "ThrottlingException" });
  const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });
  test.each([
    [
      "after two attempts when it may pass",
      async () => ({ kind: "unavailable", cause: throttled }) as const,
      2,
    ],
    ["at once when it does not pass by itself", () => Promise.reject(denied), 1],
  ])("%s", async (_name, failing, attempts) => {
    let asked = 0;
    const update: DynamoCalls["update"] = () => {
      asked += 1;
      return failing();
    };
    const replays = dynamoReplays({ calls: { get: calls.get, update }, random: Math.random });
    const code = attempts === 2 ? "ThrottlingException" : "AccessDeniedException";
    expect(await replays.take(request, nowMs)).toEqual({ kind: "unavailable", code });
    expect(asked).toBe(attempts);
    expect(await replays.finish({ ...request, token: "t" }, nowMs)).toMatchObject({ kind: "unavailable" });
    expect(await replays.release({ ...request, token: "t" })).toMatchObject({ kind: "unavailable" });
  });
});
