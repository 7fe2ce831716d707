import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlagChange } from "../messages/flag-changes.ts";
import { annotationOf } from "../posthog/annotations/transform.ts";
import { captureEvents } from "../posthog/capture/transform.ts";
import { HIDDEN } from "./member-details.ts";
import { readableChange } from "./readable.ts";

const appUrl = "https://app.launchdarkly.com";
const options = { eventName: "namespaced", perEnvironment: true, memberDetails: false, groups: {} } as const;

const henrietta = { id: "569f", email: "h.powell@example.com", firstName: "Henrietta", lastName: "Powell" };

function change(rest: Partial<FlagChange>): FlagChange {
  return {
    id: "5e38",
    entryId: "5e38",
    accountId: "569f",
    at: 1_580_777_319_650,
    index: 0,
    kind: "flag",
    name: "Checkout",
    title: "",
    titleVerb: "",
    description: "",
    comment: "",
    accesses: [{ action: "updateOn", resource: "proj/web:env/test:flag/checkout" }],
    tags: [],
    site: "",
    member: henrietta,
    ...rest,
  };
}

const commentWithout = (comment: string, member: Partial<typeof henrietta> = {}): string =>
  readableChange(change({ comment, member: { ...henrietta, ...member } }), { memberDetails: false, appUrl })
    .comment;

describe("a text without member details", () => {
  test.each([
    ["the whole name", "by Henrietta Powell.", `by ${HIDDEN}.`],
    ["the last name first", "Powell, Henrietta", HIDDEN],
    ["the names apart", "Henrietta asked, powell did", `${HIDDEN} asked, ${HIDDEN} did`],
    ["the names run together", "henriettapowell henrietta.powell henrietta_powell", HIDDEN],
    ["over a line end", "Henrietta\nPowell", HIDDEN],
    ["a possessive", "Henrietta's", `${HIDDEN}'s`],
    ["no part of a longer word", "Henriettas Powells", "Henriettas Powells"],
    ["an address", "to h.powell@example.com, please", `to ${HIDDEN} please`],
    ["somebody else's address", "<bob@example.com>", HIDDEN],
    ["an address in quotes", '"the boss"@example.com', `"the ${HIDDEN}`],
    ["an address in a URL", "https://x.example/?u=bob%40example.com", HIDDEN],
    ["mailto without an address", "mailto:henrietta", HIDDEN],
    ["what is no address", "@here at 5 @ 6", "@here at 5 @ 6"],
  ])("has %s", (_what, comment, expected) => {
    expect(commentWithout(comment)).toBe(expected);
  });

  test.each([
    [
      "parts of a name of several words",
      { firstName: "Mary-Ann", lastName: "van der Berg" },
      "Mary and Berg, Mary Ann",
      `${HIDDEN} and ${HIDDEN}`,
    ],
    [
      "letters that are composed in another way",
      { firstName: "Jose\u0301" },
      "ask Jos\u00e9",
      `ask ${HIDDEN}`,
    ],
    [
      "scripts without blanks",
      { firstName: "太郎", lastName: "田中" },
      "田中さんに太郎が",
      `${HIDDEN}さんに${HIDDEN}が`,
    ],
    [
      "a name that hiding another lays bare",
      { firstName: "太郎", lastName: "Bob" },
      "太郎Bob",
      `${HIDDEN}${HIDDEN}`,
    ],
    ["a name that means something in a pattern", { firstName: ".*", lastName: "(" }, "a.*( b", "a.*( b"],
    [
      "an e-mail address for a name",
      { firstName: "", lastName: "", email: "root" },
      "by root",
      `by ${HIDDEN}`,
    ],
    ["a name of one letter", { firstName: "Q", lastName: "" }, "ask Q, not Qt", `ask ${HIDDEN}, not Qt`],
    [
      "a name that is hidden's own word",
      { firstName: "Hidden", lastName: "Member" },
      "hidden member",
      HIDDEN,
    ],
  ])("knows %s", (_what, member, comment, expected) => {
    expect(commentWithout(comment, member)).toBe(expected);
  });

  test("is found in time that grows with its length alone", () => {
    const long = commentWithout(`${"a".repeat(8_000)}${" a".repeat(8_000)}`, {
      firstName: "a ".repeat(200),
      lastName: "aaaa".repeat(100),
    });
    expect(long).not.toMatch(/\ba\b/);
  });
});

describe("whatever an entry says", () => {
  const name = fc.constantFrom(
    "Henrietta",
    "Powell",
    "Zoë",
    "O'Neill",
    "Mary-Ann",
    "Jean Luc",
    "Öz",
    "*Star*",
    "de la Cruz",
    "D`Arcy",
    "田中",
    "",
  );
  const email = fc.constantFrom("henrietta@example.com", "zoë.o'neill+x@sub.example.co.uk", "a@b", "");
  const member = fc.record({
    id: fc.constantFrom("569f", "", "h@example.com"),
    email,
    firstName: name,
    lastName: name,
  });
  const text = (who: typeof henrietta) =>
    fc
      .array(
        fc.oneof(
          fc.constantFrom(
            who.firstName,
            who.lastName,
            who.email,
            who.firstName.toUpperCase(),
            `${who.firstName} ${who.lastName}`,
          ),
          fc.constantFrom(
            `[${who.firstName}](mailto:${who.email})`,
            `[${who.lastName}](https://x.example/members/1)`,
            `mailto:${who.email}`,
            encodeURIComponent(who.email),
          ),
          fc.constantFrom(
            " ",
            "*",
            "**",
            "`",
            "[",
            "](",
            ")",
            "\\",
            "~~",
            "\n",
            "> ",
            ".",
            "_",
            "@",
            "turned on",
            "é",
          ),
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(""));
  const entry = member.chain((who) =>
    fc.record({
      member: fc.constant(who),
      kind: fc.constantFrom("flag", "member", "segment"),
      name: text(who),
      title: text(who),
      titleVerb: text(who),
      description: text(who),
      comment: text(who),
      site: text(who).map((path) => `/${path}`),
      tags: fc.array(text(who), { maxLength: 3 }),
      token: fc.record({ id: text(who).map((id) => (id.includes("@") ? id : "")), name: text(who) }),
      app: fc.record({ id: fc.constant(""), name: text(who) }),
      accountId: email,
    }),
  );

  test("neither the member's names nor any e-mail address is sent", () => {
    fc.assert(
      fc.property(entry, (rest) => {
        const sent = change(rest);
        const texts = [
          ...captureEvents(sent, { options, appUrl, version: "1" }).flatMap(textsIn),
          ...textsIn(annotationOf(sent, { memberDetails: false, appUrl })),
        ];
        const words = [rest.member.firstName, rest.member.lastName].flatMap(wordsIn);
        const hidden = new Set(words.filter(({ length }) => length > 2));
        for (const one of texts) {
          expect(one).not.toMatch(/\S@\S|%40|mailto:/i);
          expect(wordsIn(one).filter((word) => hidden.has(word))).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("with member details all of it is", () => {
    const [event] = captureEvents(change({ title: "[Henrietta Powell](mailto:h.powell@example.com) did" }), {
      options: { ...options, memberDetails: true },
      appUrl,
      version: "1",
    });
    expect(event?.properties).toMatchObject({
      distinct_id: "569f",
      email: "h.powell@example.com",
      firstName: "Henrietta",
      lastName: "Powell",
      title: "Henrietta Powell did",
    });
  });
});

function wordsIn(text: string): string[] {
  return (text.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.toLowerCase());
}

/** Every text in a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
