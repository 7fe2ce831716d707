import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openBody } from "./decode.ts";
import { unprovenBody } from "./unproven-body.ts";

const MAX_BYTES = 4_000_000;
const END_BYTES = 1_000;

type Options = { readonly maxBytes?: number; readonly endBytes?: number };

function opened(
  request: { readonly body: string; readonly isBase64Encoded?: boolean; readonly contentEncoding?: string },
  { maxBytes = MAX_BYTES, endBytes = END_BYTES }: Options = {},
) {
  const result = openBody({ isBase64Encoded: false, contentEncoding: undefined, ...request }, maxBytes);
  if (result.kind === "refused") throw new Error(result.message);
  return unprovenBody(result, endBytes);
}
const plain = (text: string, options?: Options) => opened({ body: text }, options);
const binary = (text: string, options?: Options) =>
  opened({ body: Buffer.from(text).toString("base64"), isBase64Encoded: true }, options);
const gzipped = (text: string, options?: Options) =>
  opened(
    { body: gzipSync(text).toString("base64"), isBase64Encoded: true, contentEncoding: "gzip" },
    options,
  );

/** What a reader of every byte was given, and whether it was everything. */
async function everyByte(body: ReturnType<typeof opened>) {
  const chunks: Buffer[] = [];
  const isRead = await body.each((chunk) => chunks.push(Buffer.from(chunk)));
  return { isRead, text: Buffer.concat(chunks).toString("utf8") };
}

/** Incompressible enough that its gzip is no bomb. */
const digits = (length: number) =>
  Array.from({ length: Math.ceil(length / 9) }, (_, index) =>
    String((index * 2_654_435_761) % 1e9).padStart(9, "0"),
  )
    .join("")
    .slice(0, length);

describe.each([
  ["a text", plain],
  ["base64", binary],
  ["gzip", gzipped],
])("a body of %s", (_name, open) => {
  test("within the budget is its own beginning", async () => {
    const body = open('{"a":"é"}');
    expect(await body.ends()).toEqual({ first: '{"a":"é"}', isWhole: true, last: "" });
  });

  test("beyond the budget begins with what the budget holds", async () => {
    const { first, isWhole } = await open(digits(100_000)).ends();
    expect(isWhole).toBe(false);
    expect(digits(100_000).startsWith(first)).toBe(true);
    expect(first.length).toBeGreaterThanOrEqual(END_BYTES);
    expect(first.length).toBeLessThan(END_BYTES + 3);
  });

  test.each([0, 1, 300_000, 2_000_000])("of %i bytes is given to its end, byte for byte", async (length) => {
    const text = digits(length);
    expect(await everyByte(open(text))).toEqual({ isRead: true, text });
  });
});

test.each([
  ["a text", { body: "x".repeat(1_001) }],
  ["base64", { body: Buffer.alloc(1_003).toString("base64"), isBase64Encoded: true }],
])("a body of %s that is longer than it may be is refused by its length", (_name, request) => {
  const encoded = { isBase64Encoded: false, contentEncoding: undefined, ...request };
  expect(openBody(encoded, 1_000)).toMatchObject({ kind: "refused", code: "body_too_large" });
});

test("a body of characters of several bytes is refused for its bytes, when they are looked at", async () => {
  const body = plain("é".repeat(1_000), { maxBytes: 1_000 });
  expect(await body.each(() => {})).toBe(false);
  expect(body.fault()).toMatchObject({ code: "body_too_large" });
});

describe("the end of a body", () => {
  test.each([
    ["a text", plain],
    ["base64", binary],
  ])("of %s is there as well, for nothing has to be inflated for it", async (_name, open) => {
    const { last } = await open(`${"x".repeat(50_001)}{"writeKey":"é"}`).ends();
    expect(last.endsWith('{"writeKey":"é"}')).toBe(true);
    expect(last.length).toBeLessThanOrEqual(END_BYTES + 3);
  });

  test("of gzip is not", async () => {
    expect((await gzipped(digits(50_000)).ends()).last).toBe("");
  });
});

describe("a body of gzip", () => {
  test("that was made to unpack to a thousand times its size is given up at a hundred times, or at 500 KB", async () => {
    const body = gzipped(" ".repeat(MAX_BYTES));
    const { isRead, text } = await everyByte(body);
    expect(isRead).toBe(false);
    expect(text.length).toBeLessThanOrEqual(512_000);
    expect(body.fault()).toMatchObject({
      code: "body_too_large",
      message: expect.stringContaining("100 times"),
    });
  });

  test("that unpacks to many times its size is read while it is small", async () => {
    expect((await everyByte(gzipped(" ".repeat(500_000)))).isRead).toBe(true);
  });

  test("that is none is refused for that", async () => {
    const open = () => opened({ body: "no gzip", contentEncoding: "gzip" });
    const [read, looked] = [open(), open()];
    expect(await read.each(() => {})).toBe(false);
    await looked.ends();
    for (const body of [read, looked]) expect(body.fault()).toMatchObject({ code: "malformed_body" });
  });

  test("that is larger than it may be is inflated no further, and refused for that", async () => {
    const body = gzipped(digits(1_000_000), { maxBytes: 600_000 });
    const { isRead, text } = await everyByte(body);
    expect({ isRead, length: text.length }).toEqual({ isRead: false, length: 600_000 });
    expect(body.fault()).toMatchObject({
      code: "body_too_large",
      message: expect.stringContaining("600000"),
    });
  });

  test("that ends too early is refused for that", async () => {
    const cut = gzipSync(digits(200_000)).subarray(0, -100).toString("base64");
    const body = opened({ body: cut, isBase64Encoded: true, contentEncoding: "gzip" });
    expect(await body.each(() => {})).toBe(false);
    expect(body.fault()).toMatchObject({ code: "malformed_body" });
  });

  test("beyond a limit that is also the budget is refused for that, as nothing of it could be taken", async () => {
    const body = gzipped(digits(2_000), { maxBytes: 1_000 });
    await body.ends();
    expect(body.fault()).toMatchObject({ code: "body_too_large" });
  });
});
