import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { segmentSignature, standardWebhooks } from "./signature.ts";

const SECRET = "shared-secret";
const WHSEC = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const nowMs = 1_777_809_600_000;

const sha1 = (text: string) => createHmac("sha1", SECRET).update(text).digest("hex");
const verifySegment = (headers: Record<string, string>, text: string) =>
  segmentSignature.verify({ headers, text, receivedAtMs: nowMs }, ["old-secret", SECRET]);
const sha256 = (signed: string) => createHmac("sha256", Buffer.alloc(24, 7)).update(signed).digest("base64");
const verifyStandard = (text: string, signature: string) =>
  standardWebhooks.verify(
    {
      headers: {
        "webhook-id": "m",
        "webhook-timestamp": String(nowMs / 1_000),
        "webhook-signature": signature,
      },
      text,
      receivedAtMs: nowMs,
    },
    [WHSEC],
  );

const event = fc.dictionary(fc.string(), fc.jsonValue());
const layout = fc.constantFrom(0, 1, "\t");

describe("Segment's signature", () => {
  test("is that of one event, whatever is in it, as it was written or in another layout", () => {
    fc.assert(
      fc.property(event, layout, (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        for (const signed of [text, JSON.stringify(JSON.parse(text))])
          expect(verifySegment({ "x-signature": sha1(signed) }, text)).toEqual({
            kind: "verified",
            covers: "everything",
          });
      }),
    );
  });

  test("is that of the first event of a list, and says so when there are more", () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1 }), layout, (list, indent) => {
        const signature = sha1(JSON.stringify(JSON.parse(JSON.stringify(list[0]))));
        const verdict = verifySegment({ "x-signature": signature }, JSON.stringify(list, null, indent));
        expect(verdict).toEqual({ kind: "verified", covers: list.length > 1 ? "first-event" : "everything" });
      }),
    );
  });

  test("is no other body's", () => {
    fc.assert(
      fc.property(event, event, fc.boolean(), (signed, sent, whole) => {
        fc.pre(JSON.stringify(signed) !== JSON.stringify(sent));
        const header = whole ? "x-segment-signature" : "x-signature";
        const verdict = verifySegment({ [header]: sha1(JSON.stringify(signed)) }, JSON.stringify(sent));
        expect(verdict.kind).toBe("failed");
      }),
    );
  });

  test.each(["", "{", "[", "[,]", '[{"a":1}', "\u0000", "[".repeat(100_000), `[${"[".repeat(100_000)}`])(
    "fails on what is no JSON, and on nothing worse: %#",
    (text) => expect(verifySegment({ "x-signature": sha1("{}") }, text).kind).toBe("failed"),
  );

  test("of a body that is nested too deeply to be written again is that of its bytes", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(verifySegment({ "x-segment-signature": sha1(deep) }, deep).kind).toBe("verified");
    expect(verifySegment({ "x-segment-signature": sha1("[]") }, deep).kind).toBe("failed");
  });
});

describe("a Standard Webhooks signature", () => {
  const signed = (text: string) => `v1,${sha256(`m.${nowMs / 1_000}.${text}`)}`;

  test("is that of the bytes, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (text, other) => {
        expect(verifyStandard(text, signed(text))).toMatchObject({ kind: "verified", signedAtMs: nowMs });
        if (other !== text) expect(verifyStandard(other, signed(text)).kind).toBe("failed");
      }),
    );
  });

  test.each(["", "v1", "v1,", "v1,=", "v2,x", " ", "v1,!!!!"])("is not %j", (signature) => {
    expect(verifyStandard("{}", signature).kind).toBe("failed");
  });
});
