import { expect, test } from "vitest";
import { packAudienceOperations } from "../messages/pack.ts";
import { packMetricEvents } from "../messages/pack-items.ts";
import { cutOut } from "./cut.ts";

const person = { kind: "user", key: "ana" };
const request = { connection: "web", acceptedAt: 1_700_000_000_000 };

function operations(...members: readonly (readonly [kind: string, key: string])[]): string {
  const [body = ""] = packAudienceOperations({
    ...request,
    operations: members.map(([contextKind, contextKey], index) => ({
      segment: { id: "vip", name: "VIP é" },
      contextKind,
      contextKey,
      action: "add",
      version: [1, request.acceptedAt, index, "m"],
    })),
  });
  return body;
}

const deep = (text: string): string => `${"[".repeat(200_000)}${text}${"]".repeat(200_000)}`;

function event(contextKeys: Readonly<Record<string, string>>) {
  return { type: "custom", key: "bought", contextKeys, at: 1, index: 0, id: "e" } as const;
}

test.each([
  ["operations of nobody else", operations(["user", "ana"], ["user", "ana"]), "theirs"],
  ["operations of others", operations(["user", "bob"], ["device", "ana"]), "unrelated"],
  ["operations of both", operations(["user", "ana"], ["user", "bob"]), "mixed"],
  ["an event of the person", packMetricEvents({ ...request, events: [event({ user: "ana" })] })[0], "theirs"],
  [
    "an event of the person in a company",
    packMetricEvents({ ...request, events: [event({ organization: "acme", user: "ana" })] })[0],
    "theirs",
  ],
  [
    "events of both",
    packMetricEvents({ ...request, events: [event({ user: "ana" }), event({ user: "bob" })] })[0],
    "mixed",
  ],
  [
    "an event of a device of the same key",
    packMetricEvents({ ...request, events: [event({ device: "ana" })] })[0],
    "unrelated",
  ],
  [
    "an alias",
    packMetricEvents({
      ...request,
      events: [{ type: "alias", key: "bob", previousKey: "ana", at: 1, index: 0, id: "e" }],
    })[0],
    "theirs",
  ],
  ["text that has the key", "hello ana", "unclear"],
  ["JSON of another shape that has the key", '{"a":[{"ana":1}]}', "unclear"],
  ["JSON that is nested too deeply to be walked through", deep('"ana"'), "unclear"],
  ["the same without the key", deep('"bob"'), "unrelated"],
  [
    "a message of two hundred thousand items that are none",
    `{"operations":[${"1,".repeat(200_000)}"ana"]}`,
    "unclear",
  ],
  ["JSON of another shape with a longer text", '{"a":"banana"}', "unrelated"],
])("%s", (_what, body = "", kind) => {
  expect(cutOut(body, [person]).kind).toBe(kind);
});

test("what is left of a message is the message as it was, with the items of others", () => {
  const cut = cutOut(operations(["user", "ana"], ["device", "ana"], ["user", "bob"]), [person]);
  const left = operations(["user", "ana"], ["device", "ana"], ["user", "bob"]);
  const { operations: all, ...rest } = JSON.parse(left);
  expect(cut).toEqual({ kind: "mixed", named: [person], body: expect.stringMatching(/^[\x20-\x7e]+$/) });
  expect(JSON.parse(cut.kind === "mixed" ? cut.body : "")).toEqual({ ...rest, operations: all.slice(1) });
});

test("of several people the message says whom it names, and what was accepted after somebody's request stays", () => {
  const ana = { ...person, acceptedUntilMs: request.acceptedAt };
  const bob = { kind: "user", key: "bob", acceptedUntilMs: request.acceptedAt - 1 };
  const eve = { kind: "user", key: "eve", acceptedUntilMs: request.acceptedAt };
  const body = operations(["user", "ana"], ["user", "bob"]);
  expect(cutOut(body, [ana, bob, eve])).toMatchObject({ kind: "mixed", named: [ana] });
  expect(cutOut(body, [bob, eve])).toEqual({ kind: "unrelated" });
  expect(cutOut(body, [ana, person, { kind: "user", key: "bob" }])).toMatchObject({ kind: "theirs" });
});
