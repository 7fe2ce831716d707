import { afterEach, describe, expect, test } from "vitest";
import {
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
} from "../../../test/support/scripted-server.ts";
import { bigSegments } from "./big.ts";
import type { KeyedSettings } from "./keyed-segments.ts";
import { listSegments } from "./list.ts";
import { changeOf, deliver, writerTo } from "./segment-writer.contract.ts";

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

const LOOK = "GET /base/api/v2/segments/web/test/vip";
const MAKE = "POST /base/api/v2/segments/web/test";
const WRITERS = {
  big: { open: bigSegments, change: `POST ${LOOK.slice(4)}/contexts` },
  list: { open: listSegments, change: `PATCH ${LOOK.slice(4)}` },
} as const;

const gone: ScriptedAnswer = { status: 404 };
const segment = (rest: object): ScriptedAnswer => ({
  status: 200,
  body: JSON.stringify({ key: "vip", ...rest }),
});
const bigOf = (unboundedContextKind: string) => segment({ unbounded: true, unboundedContextKind });
const present = { big: bigOf("user"), list: segment({ unbounded: false }) };

/** A writer against a server that answers each line in turn as the script says, the last answer for ever. */
async function against(
  writer: keyof typeof WRITERS,
  script: Readonly<Record<string, readonly ScriptedAnswer[]>>,
) {
  const asked = new Map<string, number>();
  server = await scriptedServer(({ line }) => {
    const answers = script[line] ?? [];
    const turn = asked.get(line) ?? 0;
    asked.set(line, turn + 1);
    return answers[Math.min(turn, answers.length - 1)] ?? { status: 418 };
  });
  const open = (settings: Pick<KeyedSettings, "client" | "noteProblem">) =>
    WRITERS[writer].open({ ...settings, project: "web", environment: "test" });
  const { received } = server;
  return { ...writerTo(server.url, open), received, lines: () => received.map(({ line }) => line) };
}

describe.each(["big", "list"] as const)("a %s segment that is missing", (kind) => {
  const { change } = WRITERS[kind];
  /** A big segment is looked at first; of a list one the 404 to the change says that it is missing. */
  const found = kind === "big" ? [LOOK] : [change, LOOK];
  const changes = kind === "big" ? [{ status: 204 }] : [gone, { status: 200 }];

  test("is made with its name, a description and a tag, and then has its members", async () => {
    const { writer, received, lines } = await against(kind, {
      [LOOK]: [gone],
      [MAKE]: [{ status: 201 }],
      [change]: changes,
    });
    expect(await deliver(writer, changeOf({ ana: "add" }, "user"))).toEqual({ kind: "applied" });
    expect(lines()).toEqual([...found, MAKE, change]);
    expect(received.find(({ line }) => line === MAKE)?.body).toEqual({
      key: "vip",
      name: "Very important",
      description: expect.stringContaining("Flagbridge"),
      tags: ["flagbridge"],
      ...(kind === "big" ? { unbounded: true, unboundedContextKind: "user" } : { unbounded: false }),
    });
  });

  test("is made by a request of its own, after which what was known of its members is in doubt", async () => {
    const { writer } = await against(kind, { [LOOK]: [gone], [MAKE]: [{ status: 201 }], [change]: [gone] });
    const members = changeOf({ ana: "add" });
    if (kind === "list") {
      const first = await writer.ready(members);
      if (first.kind === "ready") expect(await first.send()).toMatchObject({ kind: "again", isNew: false });
    }
    const ready = await writer.ready(members);
    expect(ready.kind === "ready" && (await ready.send())).toMatchObject({ kind: "again", isNew: true });
  });

  test.each([400, 409])("and was made by somebody else meanwhile (%i) is used", async (status) => {
    const { writer, lines } = await against(kind, {
      [LOOK]: [gone, present[kind]],
      [MAKE]: [{ status }],
      [change]: changes,
    });
    expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({ kind: "applied" });
    expect(lines()).toEqual([...found, MAKE, LOOK, change]);
  });

  test("and cannot be made waits for a person, who is told LaunchDarkly's words", async () => {
    const { writer, problems } = await against(kind, {
      [LOOK]: [gone],
      [MAKE]: [{ status: 400, body: "a view is required" }],
      [change]: [gone],
    });
    expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({
      kind: "misconfigured",
      reason: "segment-not-made",
    });
    expect(problems).toEqual([expect.stringMatching(/segment "vip" of web\/test.*a view is required/)]);
  });

  test.each<[ScriptedAnswer, object]>([
    [{ status: 404 }, { kind: "misconfigured", reason: "launchdarkly-404" }],
    [{ status: 403 }, { kind: "misconfigured", reason: "launchdarkly-403" }],
    [
      { status: 403, body: "approval is required" },
      { kind: "forbidden", reason: "approval-required" },
    ],
    [{ status: 429 }, { kind: "limited" }],
    [{ status: 500 }, { kind: "failed", status: 500 }],
    [{ status: 504 }, { kind: "unanswered" }],
    ["reset", { kind: "unanswered", reason: "connection-lost" }],
  ])("is not taken for made when LaunchDarkly answers %j", async (answer, expected) => {
    const { writer, lines } = await against(kind, { [LOOK]: [gone], [MAKE]: [answer], [change]: [gone] });
    expect(await deliver(writer, changeOf({ ana: "add" }))).toMatchObject(expected);
    expect(lines()).toEqual([...found, MAKE]);
  });
});

describe.each(["big", "list"] as const)("a look at a %s segment that fails", (kind) => {
  const { change } = WRITERS[kind];
  test.each<[ScriptedAnswer, object]>([
    [{ status: 500 }, { kind: "unsent", reason: "launchdarkly-500" }],
    [{ status: 504 }, { kind: "unsent", reason: "launchdarkly-504" }],
    ["reset", { kind: "unsent", reason: "connection-lost" }],
    [{ status: 429 }, { kind: "limited" }],
    [{ status: 403 }, { kind: "misconfigured", reason: "launchdarkly-403" }],
  ])("(%j) has changed nothing", async (answer, expected) => {
    const { writer } = await against(kind, { [LOOK]: [answer], [change]: [gone] });
    expect(await deliver(writer, changeOf({ ana: "add" }))).toMatchObject(expected);
  });
});

describe("a segment of which LaunchDarkly shows too much, or something else", () => {
  const cut: ScriptedAnswer = { status: 200, body: '{"key":"vip","unb' };

  test("is not written by big, because its kind is not known", async () => {
    const { writer, lines } = await against("big", { [LOOK]: [cut] });
    expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({
      kind: "unsent",
      reason: "segment-unreadable",
    });
    expect(lines()).toEqual([LOOK]);
  });

  test("is a list whose refusals are for the members' sake, and is looked at once", async () => {
    const { change } = WRITERS.list;
    const { writer, lines } = await against("list", { [LOOK]: [cut], [change]: [{ status: 400 }] });
    for (const key of ["ana", "bob"])
      expect(await deliver(writer, changeOf({ [key]: "add" }))).toMatchObject({ kind: "refused" });
    expect(lines()).toEqual([change, LOOK, change]);
  });
});

describe("a segment of another kind", () => {
  test.each<[keyof typeof WRITERS, ScriptedAnswer, string, string]>([
    ["big", present.list, "segment-is-list", "writer: list"],
    ["list", present.big, "segment-is-big", "writer: big"],
    ["big", segment({ unbounded: true, _external: "amplitude" }), "segment-is-synced", "writer: synced"],
    ["list", segment({ unbounded: true, _external: "amplitude" }), "segment-is-synced", "of amplitude"],
  ])("is not written by %s (%j), and the log says what to change", async (kind, look, reason, advice) => {
    const { writer, problems } = await against(kind, {
      [LOOK]: [look],
      [WRITERS[kind].change]: [{ status: 400 }],
    });
    expect(await deliver(writer, changeOf({ ana: "add" }))).toEqual({ kind: "misconfigured", reason });
    expect(problems).toEqual([expect.stringContaining(advice)]);
  });
});

describe("a big segment", () => {
  const { change } = WRITERS.big;

  test("takes no member of another context kind, and never files one under its own", async () => {
    const { writer, lines } = await against("big", {
      [LOOK]: [bigOf("device")],
      [change]: [{ status: 204 }],
    });
    expect(await deliver(writer, changeOf({ ana: "add" }, "user"))).toEqual({
      kind: "forbidden",
      reason: "other-context-kind",
      cause: expect.stringMatching(/kind "device".*kind "user"/),
    });
    expect(await deliver(writer, changeOf({ phone: "add" }, "device"))).toEqual({ kind: "applied" });
    expect(lines()).toEqual([LOOK, change]);
  });

  test("is looked at once, and again when it turns out to be gone", async () => {
    const { writer, lines } = await against("big", {
      [LOOK]: [present.big, gone],
      [MAKE]: [{ status: 201 }],
      [change]: [{ status: 204 }, { status: 204 }, gone, { status: 204 }],
    });
    for (const key of ["ana", "bob", "eve"])
      expect(await deliver(writer, changeOf({ [key]: "add" }))).toEqual({ kind: "applied" });
    expect(lines()).toEqual([LOOK, change, change, change, LOOK, MAKE, change]);
  });
});

describe("a list segment", () => {
  const { change } = WRITERS.list;
  const refused: ScriptedAnswer = { status: 400, body: "no" };
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `member-${index}`);
  const adding = (names: readonly string[]) =>
    changeOf(Object.fromEntries(names.map((name) => [name, "add"])));

  test("is written to unseen, whatever its kinds", async () => {
    const { writer, lines } = await against("list", { [change]: [{ status: 200 }] });
    await deliver(writer, changeOf({ ana: "add" }, "user"));
    await deliver(writer, changeOf({ phone: "add" }, "device"));
    expect(lines()).toEqual([change, change]);
  });

  test("with room refuses for the member's sake, without being asked a second time", async () => {
    const { writer, lines } = await against("list", { [change]: [refused], [LOOK]: [present.list] });
    expect(await deliver(writer, adding(["bad"]))).toMatchObject({ kind: "refused", cause: "no" });
    expect(lines()).toEqual([change, LOOK]);
  });

  test("that is full says so and names big, and removals still go through", async () => {
    const look = segment({
      included: keys(14_000),
      excluded: ["x"],
      includedContexts: [{ contextKind: "device", values: keys(999) }],
    });
    const { writer, lines } = await against("list", { [change]: [refused, { status: 200 }], [LOOK]: [look] });
    expect(await deliver(writer, adding(["ana", "bob"]))).toEqual({
      kind: "forbidden",
      reason: "list-full-use-big",
      cause: expect.stringContaining("writer: big"),
    });
    expect(await deliver(writer, changeOf({ "member-1": "remove" }))).toEqual({ kind: "applied" });
    expect(await deliver(writer, adding(["ana"]))).toEqual({ kind: "applied" });
    expect(await deliver(writer, adding(["bob"]))).toMatchObject({ reason: "list-full-use-big" });
    expect(lines()).toEqual([change, LOOK, change, change]);
  });

  test("that is nearly full takes what has a place: the rest is halved until it is found", async () => {
    const look = segment({ included: keys(14_999) });
    const { writer } = await against("list", { [change]: [refused, { status: 200 }], [LOOK]: [look] });
    expect(await deliver(writer, adding(["ana", "bob"]))).toMatchObject({
      kind: "refused",
      reason: "list-full-use-big",
    });
    expect(await deliver(writer, adding(["ana"]))).toEqual({ kind: "applied" });
    expect(await deliver(writer, adding(["bob"]))).toMatchObject({ kind: "forbidden" });
    expect(await deliver(writer, adding(["member-5", "ana"]))).toEqual({ kind: "applied" });
  });

  test("adds and removes in requests of their own", async () => {
    expect((await against("list", {})).writer.separatesActions).toBe(true);
  });
});
