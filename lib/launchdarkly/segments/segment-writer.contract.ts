import { afterEach, describe, expect, test } from "vitest";
import {
  type ReceivedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
} from "../../../test/support/scripted-server.ts";
import type { SegmentChange, SegmentWriter, WriteAnswer } from "../../audience/segment-writer.ts";
import { SecretUnreachable } from "../../http/credential.ts";
import { noLimitSeen, type RateLimit } from "../../http/rate-limit.ts";
import { openHttpSession } from "../../http/session.ts";
import type { Action } from "../../messages/operation.ts";
import { openClient } from "../client.ts";
import type { KeyedSettings } from "./keyed-segments.ts";

export const nowMs = 1_800_000_000_000;

export type WriterUnderTest = {
  readonly open: (settings: Pick<KeyedSettings, "client" | "noteProblem">) => SegmentWriter;
  readonly maxMembers: number;
  /** The request that carries the members: its line, behind the base URL, and its content type. */
  readonly line: string;
  readonly contentType: string;
  readonly membersOf: (body: unknown) => Readonly<Record<Action, readonly string[]>>;
  /** LaunchDarkly's answer to what the writer asks besides: the segment is there. */
  readonly aside: ScriptedAnswer;
};

const session = openHttpSession();
let server: ScriptedServer | undefined;
afterEach(() => server?.close());

export function changeOf(members: Readonly<Record<string, Action>>, contextKind = "user"): SegmentChange {
  return {
    segment: { id: "vip", name: "Very important" },
    contextKind,
    members: Object.entries(members).map(([contextKey, action]) => ({ contextKey, action })),
  };
}

/** What the batcher does with a writer, without its hold: asks again as long as it is told to. */
export async function deliver(writer: SegmentWriter, change: SegmentChange): Promise<WriteAnswer> {
  for (let round = 0; round < 6; round += 1) {
    const ready = await writer.ready(change);
    const answer = ready.kind === "ready" ? await ready.send() : ready;
    if (answer.kind !== "again") return answer;
  }
  throw new Error("the writer wants to be asked again and again");
}

/** A writer whose requests really leave, to the URL given. */
export function writerTo(
  url: string,
  open: WriterUnderTest["open"],
  options: { readonly tokens?: readonly string[]; readonly timeoutMs?: number } = {},
) {
  const { tokens = ["token-1"], timeoutMs = 2_000 } = options;
  const problems: string[] = [];
  let limit: RateLimit = noLimitSeen;
  const client = openClient(
    { api: `${url}/base`, timeoutMs, userAgent: "Flagbridge/test" },
    {
      http: session,
      now: () => nowMs,
      accessToken: async (after) => tokens[after === undefined ? 0 : tokens.length - 1] ?? "none",
      limit: {
        get: () => limit,
        set: (next) => {
          limit = next;
        },
      },
    },
  );
  const writer = open({ client, noteProblem: (problem) => problems.push(problem) });
  return { writer, problems };
}

/** What every segment writer does with a change and LaunchDarkly's answer to it, over real connections. */
export function segmentWriterContract(name: string, tested: WriterUnderTest): void {
  const isChange = ({ line }: ReceivedRequest): boolean => line === tested.line;
  const writerAgainst = async (answer: ScriptedAnswer, options: Parameters<typeof writerTo>[2] = {}) => {
    server = await scriptedServer((request) => (isChange(request) ? answer : tested.aside));
    const { received, url } = server;
    return { ...writerTo(url, tested.open, options), changes: () => received.filter(isChange) };
  };

  describe(`a change by the writer ${name}`, () => {
    test.each<[string, SegmentChange, Record<Action, string[]>]>([
      ["adds", changeOf({ ana: "add", bob: "add" }), { add: ["ana", "bob"], remove: [] }],
      ["removes", changeOf({ ana: "remove" }), { add: [], remove: ["ana"] }],
      ["adds and removes", changeOf({ ana: "add", bob: "remove" }), { add: ["ana"], remove: ["bob"] }],
    ])("%s in one request, with the headers that LaunchDarkly wants", async (_, change, expected) => {
      const { writer, changes } = await writerAgainst({ status: 204 });
      expect(await deliver(writer, change)).toEqual({ kind: "applied" });
      expect(changes().map(({ body }) => tested.membersOf(body))).toEqual([expected]);
      expect(changes()[0]?.headers).toMatchObject({
        authorization: "token-1",
        "content-type": tested.contentType,
        "ld-api-version": "20240415",
        "user-agent": "Flagbridge/test",
      });
    });

    test("holds as many members as the writer says it takes", async () => {
      const { writer, changes } = await writerAgainst({ status: 204 });
      expect(writer.maxMembers).toBe(tested.maxMembers);
      const keys = Array.from({ length: tested.maxMembers }, (_, index) => `member-${index}`);
      await deliver(writer, changeOf(Object.fromEntries(keys.map((key) => [key, "add"]))));
      expect(changes().map(({ body }) => tested.membersOf(body).add)).toEqual([keys]);
    });

    test("is one request a call, and none before it is sent", async () => {
      const { writer, changes } = await writerAgainst({ status: 204 });
      const ready = await writer.ready(changeOf({ ana: "add" }));
      expect(changes()).toHaveLength(0);
      if (ready.kind === "ready") await ready.send();
      expect(changes()).toHaveLength(1);
    });
  });

  describe(`LaunchDarkly's answer to the writer ${name}`, () => {
    const refused = { kind: "refused", reason: "refused-by-launchdarkly" };
    test.each<[number, string, object]>([
      [200, "{}", { kind: "applied" }],
      [204, "", { kind: "applied" }],
      [400, "no such member", { ...refused, status: 400, cause: "no such member" }],
      [413, "", { ...refused, status: 413, cause: "" }],
      [422, "", { ...refused, status: 422, cause: "" }],
      [401, "", { kind: "misconfigured", reason: "launchdarkly-401" }],
      [403, "Forbidden", { kind: "misconfigured", reason: "launchdarkly-403" }],
      [
        403,
        "Approval is required",
        { kind: "forbidden", status: 403, reason: "approval-required", cause: "Approval is required" },
      ],
      [302, "", { kind: "misconfigured", reason: "launchdarkly-302" }],
      [409, "", { kind: "failed", status: 409 }],
      [500, "", { kind: "failed", status: 500 }],
      [503, "", { kind: "failed", status: 503 }],
      [408, "", { kind: "unanswered", reason: "launchdarkly-408" }],
      [502, "", { kind: "unanswered", reason: "launchdarkly-502" }],
      [504, "", { kind: "unanswered", reason: "launchdarkly-504" }],
    ])("%i %s says what it means for the segment", async (status, body, expected) => {
      const { writer } = await writerAgainst({ status, body });
      expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual(expected);
    });

    test("404 to everything is a project or environment that is gone, and nobody's fault but the settings'", async () => {
      server = await scriptedServer(() => ({ status: 404 }));
      const { writer } = writerTo(server.url, tested.open);
      expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({
        kind: "misconfigured",
        reason: "launchdarkly-404",
      });
    });

    test.each<[string, Record<string, string>, number]>([
      ["a reset", { "x-ratelimit-reset": String(nowMs + 4_000) }, 4_000],
      ["the token's reset", { "x-ratelimit-auth-token-reset": String(nowMs + 3_000) }, 3_000],
      ["seconds to wait", { "retry-after": "7" }, 7_000],
      ["nothing", {}, 10_000],
    ])("429 that names %s closes the writer until then", async (_, headers, closedForMs) => {
      const { writer } = await writerAgainst({ status: 429, headers });
      expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({
        kind: "limited",
        notBeforeMs: nowMs + closedForMs,
      });
      expect(writer.closedUntilMs()).toBe(nowMs + closedForMs);
    });

    test.each(["x-ratelimit-global-remaining", "x-ratelimit-route-remaining"])(
      "no requests left by %s closes the writer although the change was applied",
      async (header) => {
        const headers = { [header]: "0", "x-ratelimit-reset": String(nowMs + 9_000) };
        const { writer } = await writerAgainst({ status: 204, headers });
        expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({ kind: "applied" });
        expect(writer.closedUntilMs()).toBe(nowMs + 9_000);
      },
    );

    test("401 to a token that has been rotated asks for another attempt, not for a person", async () => {
      const { writer, changes } = await writerAgainst({ status: 401 }, { tokens: ["token-1", "token-2"] });
      expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({
        kind: "unsent",
        reason: "token-rotated",
      });
      expect(changes()).toHaveLength(1);
    });
  });

  describe(`a request of the writer ${name} that is not answered`, () => {
    test.each<[ScriptedAnswer, string]>([
      ["never", "no-answer"],
      ["reset", "connection-lost"],
    ])("may have changed the segment (%s)", async (answer, reason) => {
      const { writer } = await writerAgainst(answer, { timeoutMs: 300 });
      expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({ kind: "unanswered", reason });
    });

    test("has changed nothing when nobody listens", async () => {
      server = await scriptedServer(() => ({ status: 204 }));
      server.close();
      const { writer } = writerTo(server.url, tested.open);
      expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({
        kind: "unsent",
        reason: "connection-refused",
      });
    });

    test.each([
      ["cannot be read", new Error("unreadable"), { kind: "misconfigured", reason: "secret-unreadable" }],
      ["was not answered for", new SecretUnreachable(), { kind: "unsent", reason: "secret-unreachable" }],
    ])("has changed nothing when the secret with the token %s", async (_name, error, answer) => {
      const client = openClient(
        { api: "http://127.0.0.1:9", timeoutMs: 100, userAgent: "Flagbridge/test" },
        {
          http: session,
          now: () => nowMs,
          accessToken: () => Promise.reject(error),
          limit: { get: () => noLimitSeen, set: () => undefined },
        },
      );
      const writer = tested.open({ client, noteProblem: () => undefined });
      expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual(answer);
    });
  });
}
