import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wholeBody } from "../../test/support/signed-body.ts";
import { segmentSignature } from "./segment.ts";
import { standardWebhooks } from "./signature.ts";

const SECRET = "shared-secret";
const WHSEC = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const nowMs = 1_777_809_600_000;

const sha1 = (text: string) => createHmac("sha1", SECRET).update(text).digest("hex");
const verifySegment = (headers: Record<string, string>, text: string) =>
  segmentSignature.verify({ headers, body: wholeBody(text), receivedAtMs: nowMs }, ["old-secret", SECRET]);
const sha256 = (signed: string) => createHmac("sha256", Buffer.alloc(24, 7)).update(signed).digest("base64");
const verifyStandard = (text: string, signature: string) =>
  standardWebhooks.verify(
    {
      headers: {
        "webhook-id": "m",
        "webhook-timestamp": String(nowMs / 1_000),
        "webhook-signature": signature,
      },
      body: wholeBody(text),
      receivedAtMs: nowMs,
    },
    [WHSEC],
  );

const event = fc.dictionary(fc.string(), fc.jsonValue());
const layout = fc.constantFrom(0, 1, "\t");

describe("Segment's signature", () => {
  test("is that of one event, whatever is in it, as it was written or in another layout", async () => {
    await fc.assert(
      fc.asyncProperty(event, layout, async (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        for (const signed of [text, JSON.stringify(JSON.parse(text))])
          expect(await verifySegment({ "x-signature": sha1(signed) }, text)).toEqual({
            kind: "verified",
            covers: "everything",
            replay: { scheme: "segment", proven: sha1(signed), standsFor: "one-body" },
          });
      }),
    );
  });

  test("is that of the first event of a list, and says so when there are more", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1 }), layout, async (list, indent) => {
        const signature = sha1(JSON.stringify(JSON.parse(JSON.stringify(list[0]))));
        const verdict = await verifySegment({ "x-signature": signature }, JSON.stringify(list, null, indent));
        expect(verdict).toEqual({
          kind: "verified",
          covers: list.length > 1 ? "first-event" : "everything",
          replay: {
            scheme: "segment",
            proven: signature,
            standsFor: list.length > 1 ? "several-bodies" : "one-body",
          },
        });
      }),
    );
  });

  test("is no other body's", async () => {
    await fc.assert(
      fc.asyncProperty(event, event, fc.boolean(), async (signed, sent, whole) => {
        fc.pre(JSON.stringify(signed) !== JSON.stringify(sent));
        const header = whole ? "x-segment-signature" : "x-signature";
        const verdict = await verifySegment({ [header]: sha1(JSON.stringify(signed)) }, JSON.stringify(sent));
        expect(verdict.kind).toBe("failed");
      }),
    );
  });

  test.each(["", "{", "[", "[,]", '[{"a":1}', "\u0000", "[".repeat(100_000), `[${"[".repeat(100_000)}`])(
    "fails on what is no JSON, and on nothing worse: %#",
    async (text) => expect((await verifySegment({ "x-signature": sha1("{}") }, text)).kind).toBe("failed"),
  );

  test("of a body that is nested too deeply to be written again is that of its bytes", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect((await verifySegment({ "x-segment-signature": sha1(deep) }, deep)).kind).toBe("verified");
    expect((await verifySegment({ "x-segment-signature": sha1("[]") }, deep)).kind).toBe("failed");
  });
});

describe("Segment's signature of what is beyond the budget for parsing", () => {
  /** A body of which only the beginning is read before its signature is known to be right. */
  const beyondBudget = (text: string) => ({
    ...wholeBody(text),
    ends: async () => ({ first: text.slice(0, 100), isWhole: false, last: "" }),
  });
  const verify = (headers: Record<string, string>, text: string) =>
    segmentSignature.verify({ headers, body: beyondBudget(text), receivedAtMs: nowMs }, [
      "old-secret",
      SECRET,
    ]);
  const long = JSON.stringify({ traits: "x".repeat(200) }, null, 1);

  test("is that of its bytes", async () => {
    expect(await verify({ "x-signature": sha1(long) }, long)).toMatchObject({ covers: "everything" });
    expect(await verify({ "x-segment-signature": sha1(`[${long}]`) }, `[${long}]`)).toMatchObject({
      covers: "everything",
    });
  });

  test("is not that of the same JSON serialized again", async () => {
    expect((await verify({ "x-signature": sha1(JSON.stringify(JSON.parse(long))) }, long)).kind).toBe(
      "failed",
    );
  });

  test("is that of a first event that is within it, however long the list is", async () => {
    const list = `[{"a":1},${long}]`;
    expect(await verify({ "x-signature": sha1('{"a":1}') }, list)).toMatchObject({ covers: "first-event" });
  });

  test("is none of a first event that is longer", async () => {
    expect((await verify({ "x-signature": sha1(long) }, `[${long}]`)).kind).toBe("failed");
  });
});

describe("a Standard Webhooks signature", () => {
  const signed = (text: string) => `v1,${sha256(`m.${nowMs / 1_000}.${text}`)}`;

  test("is that of the bytes, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme" }),
        fc.string({ unit: "grapheme" }),
        async (text, other) => {
          expect(await verifyStandard(text, signed(text))).toMatchObject({
            kind: "verified",
            signedAtMs: nowMs,
          });
          if (other !== text) expect((await verifyStandard(other, signed(text))).kind).toBe("failed");
        },
      ),
    );
  });

  test.each(["", "v1", "v1,", "v1,=", "v2,x", " ", "v1,!!!!"])("is not %j", async (signature) => {
    expect((await verifyStandard("{}", signature)).kind).toBe("failed");
  });
});
