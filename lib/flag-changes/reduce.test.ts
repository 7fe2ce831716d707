import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toAscii } from "../messages/ascii-json.ts";
import { flagChangesMessage } from "../messages/flag-changes.ts";
import { MAX_MESSAGE_BYTES } from "../messages/pack.ts";
import { packFlagChanges } from "../messages/pack-items.ts";
import { reduceEntry } from "./reduce.ts";

const ports = { index: 0, digest: (text: string) => `digest of ${text.length}` };

function changeOf(entry: unknown) {
  const reduced = reduceEntry(entry, ports);
  if (reduced.kind !== "change") throw new Error(`${reduced.field}: ${reduced.expected}`);
  return reduced.change;
}

const entry = {
  _id: "e1",
  date: 1_580_777_319_650,
  kind: "flag",
  name: "Demo flag",
  accesses: [{ action: "updateRules", resource: "proj/default:env/production:flag/demo-flag" }],
  member: { _id: "m1", email: "ana@example.com", firstName: "Ana", lastName: "Lima" },
};

describe("an entry of 4 MB", () => {
  const targets = Array.from({ length: 100_000 }, (_, index) => `user-${index}-of-somebody@example.org`);
  const version = {
    environments: { production: { on: true, targets: [{ values: targets }] } },
    _maintainer: { email: "maintainer@example.org" },
  };
  const large = { ...entry, previousVersion: version, currentVersion: version, subentries: [entry] };

  test("is reduced to what a message takes, and to nobody's e-mail address but the member's", () => {
    expect(JSON.stringify(large).length).toBeGreaterThan(4_000_000);
    const change = changeOf(large);
    expect(JSON.stringify(change).length).toBeLessThan(1_000);
    expect(JSON.stringify(change)).not.toContain("example.org");
    expect(change.isCut).toBeUndefined();
  });

  test("whose texts are what is large is cut, and says so", () => {
    const change = changeOf({ ...entry, description: `é${"* Added ana to the targets\n".repeat(150_000)}` });
    expect(change).toMatchObject({ isCut: true, name: "Demo flag", accesses: entry.accesses });
    expect(change.description).toMatch(/^é\* Added ana to the targets\n.+…$/s);
    expect(change.description.length).toBeGreaterThan(20_000);
  });

  test("that names thousands of environments keeps the first ones", () => {
    const accesses = Array.from({ length: 40_000 }, (_, index) => ({
      action: "createFlag",
      resource: `proj/default:env/environment-${index}:flag/demo-flag`,
    }));
    const change = changeOf({ ...entry, accesses });
    expect(change.isCut).toBe(true);
    expect(change.accesses).toEqual(accesses.slice(0, change.accesses.length));
    expect(change.accesses.length).toBeGreaterThan(100);
  });
});

test("whatever an entry holds, what is kept of it is a message that the queue takes", () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 30_000, size: "max" }), fc.string());
  const odd = fc.oneof(text, fc.jsonValue());
  const part = fc.record({ _id: odd, email: odd, firstName: odd, name: odd, key: odd }, { requiredKeys: [] });
  const any = fc.record(
    {
      _id: text.filter((id) => id.trim() !== ""),
      date: fc.integer(),
      kind: text.filter((kind) => kind.trim() !== ""),
      _accountId: odd,
      name: odd,
      title: odd,
      titleVerb: odd,
      description: odd,
      comment: odd,
      accesses: fc.oneof(fc.array(fc.record({ action: odd, resource: odd })), odd),
      member: fc.oneof(part, odd),
      token: fc.oneof(part, odd),
      app: fc.oneof(part, odd),
      relatedFlag: fc.oneof(part, odd),
      currentVersion: fc.oneof(fc.record({ tags: fc.oneof(fc.array(text), odd) }), odd),
      _links: fc.oneof(fc.record({ site: fc.record({ href: odd }) }), odd),
    },
    { requiredKeys: ["_id", "date", "kind"] },
  );
  fc.assert(
    fc.property(any, (generated) => {
      const change = changeOf(generated);
      const bodies = packFlagChanges({ connection: "c".repeat(63), acceptedAt: 1, changes: [change] });
      expect(bodies).toHaveLength(1);
      for (const body of bodies) {
        expect(body).toBe(toAscii(body));
        expect(body.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
        expect(flagChangesMessage.parse(JSON.parse(body)).changes).toEqual(
          JSON.parse(JSON.stringify([change])),
        );
      }
    }),
    { numRuns: 40 },
  );
});

describe("half of a surrogate pair", () => {
  test.each([
    ["_id", { _id: "e1\ud800" }],
    ["_accountId", { _accountId: "\udc00" }],
    ["member._id", { member: { _id: "m1\ud800" } }],
    ["token._id", { token: { _id: "\ud800t" } }],
    ["app._id", { app: { _id: "\ud800" } }],
  ])("in %s refuses the entry: the id would become another's", (field, part) => {
    expect(reduceEntry({ ...entry, ...part }, ports)).toEqual({
      kind: "no-entry",
      field,
      expected: "expected an id of valid Unicode, found half of a surrogate pair",
    });
  });

  test("in any other text becomes U+FFFD, as it would on the way to PostHog", () => {
    const odd = "odd\ud800";
    const change = changeOf({
      ...entry,
      ...{ kind: odd, name: odd, title: odd, titleVerb: odd, description: odd, comment: odd },
      accesses: [{ action: odd, resource: `proj/default:flag/${odd};${odd}` }],
      currentVersion: { tags: [odd] },
      relatedFlag: { key: odd },
      _links: { site: { href: odd } },
      member: { ...entry.member, firstName: odd },
      token: { name: odd },
    });
    expect(JSON.stringify(change)).not.toContain("\\ud800");
    expect(change).toMatchObject({ name: "odd\ufffd", relatedFlag: "odd\ufffd", tags: ["odd\ufffd"] });
  });
});

describe("the id of an entry without one", () => {
  const { _id, ...nameless } = entry;

  test("is the same for the same entry, and another for another", () => {
    const digest = (text: string) => text;
    const idOf = (one: object) => {
      const reduced = reduceEntry(one, { index: 0, digest });
      return reduced.kind === "change" ? reduced.change.id : reduced;
    };
    expect(idOf({ ...nameless })).toBe(idOf({ ...nameless }));
    expect(idOf({ ...nameless, comment: "again" })).not.toBe(idOf(nameless));
  });
});
