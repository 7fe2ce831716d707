import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlagChange } from "../messages/flag-changes.ts";
import { annotationOf } from "../posthog/annotations/transform.ts";
import { captureEvents } from "../posthog/capture/transform.ts";
import { HIDDEN, readableChange } from "./readable.ts";

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

  describe("knows a name however it is written:", () => {
    test.each([
      ["without its accents", { firstName: "Zoë" }, "Zoe and ZOE", `${HIDDEN} and ${HIDDEN}`],
      ["with accents that it lacks", { firstName: "Jose" }, "José", HIDDEN],
      ["with its umlaut written out", { lastName: "Müller" }, "mueller, Muller, MÜLLER", HIDDEN],
      ["with what was written out as an umlaut", { lastName: "Mueller" }, "Müller", HIDDEN],
      ["without letters of its own", { firstName: "Søren", lastName: "Łęcki" }, "soren lecki soeren", HIDDEN],
      ["with ss for ß", { lastName: "Strauß" }, "STRAUSS", HIDDEN],
      ["of another script without its marks", { firstName: "Андрей" }, "андреи", HIDDEN],
      ["in camel case", {}, "byHenrietta, henriettaPowellTest", `by${HIDDEN}Test`],
      ["in camel case behind capitals", {}, "XPowell, QAHenrietta", `X${HIDDEN}, QA${HIDDEN}`],
      ["beside digits", {}, "henrietta2 v2powell", `${HIDDEN}2 v2${HIDDEN}`],
      ["beside another script", { firstName: "Bob" }, "Bobさん", `${HIDDEN}さん`],
      [
        "in camel case of its own",
        { lastName: "McDonald" },
        "byMcDonald or MCDONALD",
        `by${HIDDEN} or ${HIDDEN}`,
      ],
      ["in odd case", {}, "hEnRiEtTa", HIDDEN],
      [
        "with parts that are short",
        { firstName: "Jo Ann" },
        "JoAnn, askJoAnn, Jo went",
        `${HIDDEN}, ask${HIDDEN}, Jo went`,
      ],
      ["in full width", {}, "Ｈｅｎｒｉｅｔｔａ", HIDDEN],
      ["in mathematical letters", {}, "𝐇𝐞𝐧𝐫𝐢𝐞𝐭𝐭𝐚", HIDDEN],
      ["in half width", { firstName: "タダシ" }, "ﾀﾀﾞｼさん", `${HIDDEN}さん`],
      ["with characters of no width", {}, "Hen\u200brietta\u2060, P\u00adow\ufeffell", HIDDEN],
      ["with characters of no width between", {}, "Henrietta\u200b\u200b\u200b \u200bPowell", HIDDEN],
      ["of no blanks, with characters of no width", { firstName: "太郎" }, "太\u200b郎が", `${HIDDEN}が`],
    ])("%s", (_what, member, comment, expected) => {
      expect(commentWithout(comment, member)).toBe(expected);
    });

    test.each([
      ["a short name inside of a word", { firstName: "Q", lastName: "" }, "QTest, v2Q"],
      ["an Indic word with other vowels", { firstName: "रवि", lastName: "" }, "रवा"],
      ["a Korean syllable of a name", { firstName: "김 민준", lastName: "" }, "김 없이"],
      ["a letter that is a part of another", { firstName: "たか", lastName: "" }, "たが"],
      ["emoji and their joiners", {}, "👩\u200d💻 ❤\ufe0f"],
    ])("but not %s", (_what, member, comment) => {
      expect(commentWithout(comment, member)).toBe(comment);
    });
  });

  describe("loses what stands before the @ of the member's own address:", () => {
    test.each([
      ["as it is", "hpo@example.com", "ask hpo", `ask ${HIDDEN}`],
      ["in another form", "h.k.jones@example.com", "hkjones h_k_jones HKJones h-k.jones", HIDDEN],
      ["without its tag", "hattie+ld@example.com", "ask Hattie or hattie+ld", `ask ${HIDDEN} or ${HIDDEN}`],
      ["written for a URL", "hattie%40example.com", "ask hattie", `ask ${HIDDEN}`],
      [
        "with an initial before an ordinary word",
        "h.test@example.com",
        "h.test in test",
        `${HIDDEN} in test`,
      ],
      ["a number", "481516@example.com", "by 481516, in 4815", `by ${HIDDEN}, in 4815`],
    ])("%s", (_what, email, comment, expected) => {
      expect(commentWithout(comment, { email })).toBe(expected);
    });

    test.each([
      ["two letters", "it@example.com", "turn it on"],
      ["an ordinary word", "testing@example.com", "Testing is on"],
      ["ordinary words", "release-bot2@example.com", "release bot2: releaseBot"],
      ["a part of it alone", "checkout-hattie@example.com", "the checkout"],
    ])("but not %s", (_what, email, comment) => {
      expect(commentWithout(comment, { email })).toBe(comment);
    });

    test("also in a name that is an address, and in links and tags", () => {
      const { link, tags, comment } = readableChange(
        change({
          comment: "hattie",
          site: "/web/production/features/hattie-test",
          tags: ["hattie", "checkout"],
          member: { id: "569f", email: "", firstName: "hattie@example.com", lastName: "" },
        }),
        { memberDetails: false, appUrl },
      );
      expect({ link, tags, comment }).toEqual({ link: "", tags: ["checkout"], comment: HIDDEN });
    });
  });

  describe("has no token's name when nothing says what the member is called:", () => {
    const readable = (rest: Partial<FlagChange>) =>
      readableChange(change(rest), { memberDetails: false, appUrl });
    const token = { id: "61a0", name: "Hattie's laptop" };

    test("without a member", () => {
      const { member: _, ...memberless } = change({
        token,
        title: "Hattie's laptop turned on the flag",
        comment: "the laptop, by hatties-laptop",
      });
      const { token: sent, title, comment } = readableChange(memberless, { memberDetails: false, appUrl });
      expect({ sent, title, comment }).toEqual({
        sent: { id: "61a0", name: HIDDEN },
        title: `${HIDDEN} turned on the flag`,
        comment: "the laptop, by hatties-laptop",
      });
    });

    test("with a member of no name", () => {
      const member = { id: "569f", email: "hattie@example.com", firstName: "", lastName: "" };
      expect(readable({ token, member }).token).toEqual({ id: "61a0", name: HIDDEN });
    });

    test("but with a member's name it loses that alone", () => {
      const sent = readable({ token: { id: "61a0", name: "Henrietta's CI" } }).token;
      expect(sent).toEqual({ id: "61a0", name: `${HIDDEN}'s CI` });
    });

    test("and an ordinary word stays in the texts, the links and the tags", () => {
      const { member: _, ...memberless } = change({
        token: { id: "61a0", name: "Production" },
        title: "Somebody turned on the flag in 'Production'",
        site: "/web/production/features/checkout",
        tags: ["production"],
      });
      const { token: sent, title, link, tags } = readableChange(memberless, { memberDetails: false, appUrl });
      expect({ sent, title, link, tags }).toEqual({
        sent: { id: "61a0", name: HIDDEN },
        title: "Somebody turned on the flag in 'Production'",
        link: `${appUrl}/web/production/features/checkout`,
        tags: ["production"],
      });
    });
  });

  test.each([
    ["an address with characters of no width", "to bob\ufeff@example.com", `to ${HIDDEN}`],
    ["an address in full width", "to bob＠example.com", `to ${HIDDEN}`],
  ])("loses %s", (_what, comment, expected) => {
    expect(commentWithout(comment)).toBe(expected);
  });

  test.each([
    ["camel case", "aA", "aA"],
    ["capitals", "A", "A"],
    ["capitals and small letters", "AAa", "Aa"],
    ["marks", "e\u0301\u0323", "e\u0301"],
    ["characters of no width", "\u200b", "a\u200b"],
    ["digits and letters", "1a", "1a"],
    ["a script without blanks", "田中", "田"],
    ["words of one letter", "a ", "a "],
  ])("is found in time that grows with its length alone: %s", (_what, text, name) => {
    const [firstName, lastName] = [name.repeat(300), name.repeat(200)];
    // Quadratic, the large one would take minutes and the test its end.
    const long = commentWithout(text.repeat(100_000), { firstName, lastName });
    expect(long.length).toBeLessThanOrEqual(text.length * 100_000);
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
