import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeOpened, type EncodedBody, openBody } from "./decode.ts";

const LIMIT = 1_000;
const decodeBody = (encoded: EncodedBody, maxBytes: number) => {
  const opened = openBody(encoded, maxBytes);
  return opened.kind === "refused" ? opened : decodeOpened(opened);
};
const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString("base64");
const sent = (body: string | undefined, contentEncoding?: string) =>
  decodeBody({ body, isBase64Encoded: false, contentEncoding }, LIMIT);
const sentBinary = (bytes: Buffer | string, contentEncoding?: string) =>
  decodeBody({ body: base64(bytes), isBase64Encoded: true, contentEncoding }, LIMIT);

describe("a body is decoded", () => {
  test.each([
    ["as it is", sent('{"a":"é"}'), '{"a":"é"}', 10],
    ["from base64", sentBinary('{"a":"é"}'), '{"a":"é"}', 10],
    ["from gzip", sentBinary(gzipSync('{"a":"é"}'), "gzip"), '{"a":"é"}', 10],
    ["from gzip in capitals", sentBinary(gzipSync("{}"), " GZIP "), "{}", 2],
    ["with an encoding of identity", sent("{}", "identity"), "{}", 2],
    ["with an empty encoding", sent("{}", ""), "{}", 2],
    ["with its byte order mark", sent("\ufeff{}"), "\ufeff{}", 5],
    ["with its byte order mark from base64", sentBinary("\ufeff{}"), "\ufeff{}", 5],
    ["when there is none", sent(undefined), "", 0],
    [
      "when it is exactly as long as it may be",
      sentBinary(gzipSync("x".repeat(LIMIT)), "gzip"),
      "x".repeat(LIMIT),
      LIMIT,
    ],
  ])("%s", (_name, decoded, text, bytes) => {
    expect(decoded).toEqual({ kind: "decoded", text, bytes });
  });
});

describe("a body is refused", () => {
  test.each([
    ["longer than it may be", sent("x".repeat(LIMIT + 1)), "body_too_large"],
    ["longer in bytes than in characters", sent("é".repeat(LIMIT / 2 + 1)), "body_too_large"],
    ["longer than it may be in base64", sentBinary("x".repeat(LIMIT + 1)), "body_too_large"],
    [
      "longer than it may be when inflated",
      sentBinary(gzipSync("x".repeat(LIMIT + 1)), "gzip"),
      "body_too_large",
    ],
    ["a gzip bomb", sentBinary(gzipSync(Buffer.alloc(20_000_000)), "gzip"), "body_too_large"],
    ["not gzip although it says so", sentBinary("{}", "gzip"), "malformed_body"],
    ["gzip that breaks off", sentBinary(gzipSync("x".repeat(500)).subarray(0, 15), "gzip"), "malformed_body"],
    ["gzip that came as text", sent("\u001f\ufffd", "gzip"), "malformed_body"],
    ["not UTF-8", sentBinary(Buffer.from([0x7b, 0xff, 0x7d])), "malformed_body"],
    ["not UTF-8 when inflated", sentBinary(gzipSync(Buffer.from([0xc3, 0x28])), "gzip"), "malformed_body"],
    ["in an encoding that nobody promised", sentBinary("{}", "br"), "unsupported_encoding"],
    ["encoded twice", sentBinary(gzipSync(gzipSync("{}")), "gzip, gzip"), "unsupported_encoding"],
  ])("that is %s", (_name, refused, code) => {
    expect(refused).toMatchObject({ kind: "refused", code });
  });

  test("that is a bomb costs no more than its limit", () => {
    const bomb = base64(gzipSync(Buffer.alloc(100_000_000)));
    const before = process.memoryUsage().arrayBuffers;
    decodeBody({ body: bomb, isBase64Encoded: true, contentEncoding: "gzip" }, LIMIT);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});
