import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openRows, type RowOptions } from "./open-rows.ts";
import type { Row } from "./row.ts";
import { UnreadableFileError } from "./unreadable-file.ts";

/** Reads a file of these bytes in chunks of a size, each row without its bytes. */
async function read(
  content: string | Buffer,
  {
    name = "members.csv",
    chunkBytes = 7,
    ...options
  }: RowOptions & { name?: string; chunkBytes?: number } = {},
) {
  const bytes = Buffer.from(content);
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const { rows } = await openRows({ name, chunks: chunks() }, options);
  const all: Row[] = [];
  for await (const some of rows) all.push(...some);
  return all.map(({ raw: _, ...row }) => row);
}

const keys = (...found: (readonly [number, string])[]) =>
  found.map(([line, key]) => ({ kind: "key", line, key }));
const fault = (content: string | Buffer, options?: Parameters<typeof read>[1]) =>
  read(content, options).then(
    () => "no fault",
    (error: unknown) => (error instanceof UnreadableFileError ? error.message : String(error)),
  );

describe("a table's keys are read", () => {
  test.each<[string, string | Buffer, Parameters<typeof read>[1]?]>([
    ["of its only column", "member\nana\nbo\n"],
    ["without a line end after the last row", "member\nana\nbo"],
    ["with empty lines at its end", "member\nana\nbo\n\n\r\n"],

    ["of a column called key", "id,key\n1,ana\n2,bo\n"],
    ["of a column called id", "email,id\na@x,ana\nb@x,bo\n"],
    ["of a column called user_id, in the case of a warehouse", "USER_ID,EMAIL\nana,a@x\nbo,b@x\n"],
    ["of a column called userId", "email,userId\n,ana\n,bo\n"],
    ["of the column that is wanted", "id,email\n1,ana\n2,bo\n", { keyColumn: "email" }],
    ["of a column with blanks around its name", "email, key\nx,ana\ny,bo\n"],
    ["of columns that semicolons separate", "email;key\nx;ana\ny;bo\n"],
    ["of columns that tabs separate", "email\tkey\nx,1\tana\ny,2\tbo\n", { name: "members.tsv" }],
    ["of a name in capitals", "email\tkey\nx,1\tana\ny,2\tbo\n", { name: "MEMBERS.TSV" }],
    ["of a format that is named, whatever the file's name", "email\tkey\nx\tana\ny\tbo\n", { format: "tsv" }],
    ["of a file whose name says nothing, by its look", "email\tkey\nx\tana\ny\tbo\n", { name: "members" }],
    ["of lines that end as in Windows", "member\r\nana\r\nbo\r\n"],
    ["of lines that end as in an old Mac", "member\rana\rbo\r"],
    ["of values in quotes", '"member"\n"ana"\n"bo"\n'],
    ["with a byte order mark", "\ufeffmember\nana\nbo\n"],
    ["in UTF-16", Buffer.from("\ufeffmember\nana\nbo\n", "utf16le")],
    ["in UTF-16 of the other order", Buffer.from("\ufeffmember\nana\nbo\n", "utf16le").swap16()],
    ["in UTF-16 without a byte order mark", Buffer.from("member\nana\nbo\n", "utf16le")],
    ["in gzip", gzipSync("member\nana\nbo\n"), { name: "members.csv.gz" }],
    ["in gzip that the name does not tell", gzipSync("member\nana\nbo\n")],
    ["in two gzip files behind each other", Buffer.concat([gzipSync("member\nana\n"), gzipSync("bo\n")])],
  ])("%s", async (_name, content, options) => {
    const expected = keys([2, "ana"], [3, "bo"]);
    for (const chunkBytes of [1, 2, 7, 4_096])
      expect(await read(content, { ...options, chunkBytes })).toEqual(expected);
  });

  test("with the line on which each row begins, whatever stands in it", async () => {
    const content = 'note,key\n"two\nlines",ana\n"two\r\nlines ""quoted""",bo\r\n,"c\né"\n,d😀\n';
    expect(await read(content)).toEqual(keys([2, "ana"], [4, "bo"], [6, "c\né"], [8, "d😀"]));
    expect(await read(Buffer.from(content, "utf16le"))).toEqual(
      keys([2, "ana"], [4, "bo"], [6, "c\né"], [8, "d😀"]),
    );
  });
});

test.each(["csv", "ndjson"] as const)(
  "every row of a long %s is read, wherever its parts are cut",
  async (format) => {
    const wanted = Array.from({ length: 2_000 }, (_, index) => `member ${index}`);
    const content =
      format === "csv"
        ? `key\n${wanted.join("\r\n")}`
        : wanted.map((key) => JSON.stringify(key)).join("\r\n");
    const first = format === "csv" ? 2 : 1;
    for (const chunkBytes of [1, 2, 3, 7, 64])
      expect(await read(content, { format, chunkBytes })).toEqual(
        keys(...wanted.map((key, index) => [index + first, key] as const)),
      );
  },
);

describe("NDJSON's keys are read", () => {
  test.each([
    ["of texts", '"ana"\n"bo"\n'],
    ["of texts without a line end after the last", '"ana"\n"bo"'],
    ["of objects", '{"key":"ana"}\n{"email":"x","key":"bo"}\n'],
    ["of lines that end as in Windows", '"ana"\r\n"bo"\r\n'],
  ])("%s", async (_name, content) => {
    for (const chunkBytes of [1, 5, 4_096])
      expect(await read(content, { name: "members.ndjson", chunkBytes })).toEqual(
        keys([1, "ana"], [2, "bo"]),
      );
  });

  test("of the member that is wanted, or has a usual name", async () => {
    const lines = '{"id":1,"email":"ana"}\n{"id":2,"email":"bo"}\n';
    expect(await read(lines, { name: "m.jsonl", keyColumn: "email" })).toEqual(keys([1, "ana"], [2, "bo"]));
    expect(await read('{"user_id":"ana","email":"x"}\n', { name: "m" })).toEqual(keys([1, "ana"]));
  });

  test("with the operations of our own format", async () => {
    const item = { contextKey: "ana", action: "remove" };
    expect(await read(`\n${JSON.stringify(item)}\n`, { name: "m" })).toEqual([
      { kind: "operation", line: 2, item },
    ]);
  });
});

describe("a row is refused, and the rest goes on,", () => {
  const bad = async (content: string | Buffer, options?: Parameters<typeof read>[1]) =>
    (await read(content, options)).map((row) =>
      row.kind === "refused" ? `${row.line} ${row.code} ${row.means}: ${row.message}` : row,
    );
  const last = { kind: "key", line: 4, key: "bo" };

  test.each<[string, string | Buffer, string]>([
    [
      "that is an empty line",
      "key\nana\n\nbo\n",
      "3 missing_context_key nobody: expected a key, found an empty line",
    ],
    [
      "with too many columns",
      "a,key\nx,ana\nx,y,z\nx,bo\n",
      "3 invalid_item somebody: expected 2 columns, as the header has, found 3",
    ],
    [
      "with too few columns",
      "a,key\nx,ana\nx\nx,bo\n",
      "3 invalid_item somebody: expected 2 columns, as the header has, found 1",
    ],
    [
      "with a NUL byte",
      "key\nana\nb\u0000\nbo\n",
      "3 invalid_item somebody: expected text, found a NUL byte",
    ],
    [
      "with a quote in the middle",
      'key\nana\nc"d\nbo\n',
      '3 invalid_item somebody: expected a value in quotes to have nothing behind its closing quote, and a quote in it to be doubled ("")',
    ],
    [
      "with something behind its closing quote",
      'key\nana\n"c"d\nbo\n',
      '3 invalid_item somebody: expected a value in quotes to have nothing behind its closing quote, and a quote in it to be doubled ("")',
    ],
    [
      "in no encoding",
      Buffer.concat([Buffer.from("key\nana\nJos"), Buffer.from([0xe9]), Buffer.from("\nbo\n")]),
      "3 invalid_item somebody: expected text in UTF-8 or UTF-16: the key has bytes that are neither",
    ],
    [
      "with half of a character of UTF-16",
      Buffer.from("\ufeffkey\nana\nx\ud83d\nbo\n", "utf16le"),
      "3 invalid_item somebody: expected text in UTF-8 or UTF-16: the key has bytes that are neither",
    ],
    [
      "of 10 MB",
      `key\nana\n${"x".repeat(10_000_000)}\nbo\n`,
      "3 item_too_large somebody: expected a row of at most 1048576 bytes",
    ],
  ])("%s", async (_name, content, message) => {
    expect((await bad(content, { chunkBytes: content.length > 1_000 ? 262_144 : 3 })).slice(1)).toEqual([
      message,
      last,
    ]);
  });

  test.each<[string, string | Buffer, string]>([
    ["that is no JSON", '"ana"\n{"key":\n"bo"\n', "2 invalid_item somebody: expected JSON"],
    [
      "that is a number",
      '"ana"\n7\n"bo"\n',
      '2 invalid_item somebody: expected a text, an object with a key ({"key": …}), or an audience operation ({"contextKey": …})',
    ],
    [
      "that is an object without a key",
      '"ana"\n{"email":"x"}\n"bo"\n',
      '2 invalid_item somebody: expected a text, an object with a key ({"key": …}), or an audience operation ({"contextKey": …})',
    ],
    [
      "of 3 MB",
      `"ana"\n"${"x".repeat(3_000_000)}"\n"bo"\n`,
      "2 item_too_large somebody: expected a row of at most 1048576 bytes",
    ],
    [
      "in no encoding",
      Buffer.concat([Buffer.from('"ana"\n"Jos'), Buffer.from([0xe9]), Buffer.from('"\n"bo"\n')]),
      "2 invalid_item somebody: expected text in UTF-8 or UTF-16: the key has bytes that are neither",
    ],
  ])("in NDJSON %s", async (_name, content, message) => {
    const rows = await bad(content, { format: "ndjson", chunkBytes: content.length > 1_000 ? 262_144 : 3 });
    expect(rows.slice(1)).toEqual([message, { kind: "key", line: 3, key: "bo" }]);
  });

  test("though a replacement character that stands in the file is text", async () => {
    expect(await read("key\na\ufffd\n")).toEqual(keys([2, "a\ufffd"]));
  });

  test("also every row of a table whose header has more columns", async () => {
    const rows = await read("key,email,phone\nana,x\nbo,y");
    expect(rows.map(({ kind, line }) => `${kind} ${line}`)).toEqual(["refused 2", "refused 3"]);
  });
});

describe("the reading stops", () => {
  test.each<[string, string | Buffer, Parameters<typeof read>[1], string]>([
    [
      "in an open quote at the end",
      'key\nana\n"bo\n',
      {},
      "ends in the middle of a row: the row that begins on line 3 opens a quote",
    ],
    [
      "in a row that lacks columns at the end",
      "key,email\nana,x\nbo",
      {},
      "ends in the middle of a row, which begins on line 3",
    ],
    [
      "in half a line of NDJSON",
      '"ana"\n{"key":"b',
      { name: "m.ndjson" },
      "ends in the middle of a row, which begins on line 2",
    ],
    [
      "in gzip that ends too early",
      gzipSync("key\nana\nbo\n".repeat(99)).subarray(0, 40),
      {},
      "ends in the middle of its gzip data",
    ],
    [
      "in gzip that is damaged",
      Buffer.concat([gzipSync("key\nana\n").subarray(0, 12), Buffer.alloc(20, 7)]),
      {},
      "is damaged: its gzip data cannot be read",
    ],
    [
      "in half a unit of UTF-16",
      Buffer.from("\ufeffkey\nana\n", "utf16le").subarray(0, -1),
      {},
      "ends in the middle of a character of UTF-16",
    ],
    ["at a file that is no text", "id\u0000,n\na,1\n", {}, "its first line has a NUL byte"],
    ["at a file of Excel", "PK\u0003\u0004 and so on", {}, "is a ZIP archive, as Excel's files are"],
    [
      "at columns without a usual name",
      "a,b\n1,2\n",
      {},
      "say which one has the keys, with --key-column. There are: a, b",
    ],
    [
      "at two columns with usual names",
      "id,user_id\n1,2\n",
      {},
      "Several columns are called key, id, user_id or userId",
    ],
    [
      "at a wanted column that is not there",
      "mail,phone\n1,2\n",
      { keyColumn: "email" },
      'did you mean "mail"? The columns are: mail, phone',
    ],
    [
      "at a wanted column that is there twice",
      "mail,mail\n1,2\n",
      { keyColumn: "mail" },
      '2 columns are called "mail"',
    ],
    [
      "at a text in quotes that is CSV or NDJSON",
      '"ana"\n"bo"\n',
      { name: "m" },
      "say which with --format csv or --format ndjson",
    ],
    [
      "at JSON that is one list",
      '[\n"ana",\n"bo"]\n',
      { name: "m.json" },
      "expected NDJSON, one text or object a line",
    ],
  ])("%s", async (_name, content, options, message) => {
    for (const chunkBytes of [1, 7, 4_096])
      expect(await fault(content, { ...options, chunkBytes })).toContain(message);
  });

  test("in a row without an end, before it has filled the memory", async () => {
    const endless = `key\nana\n"${"x\n".repeat(9_000_000)}`;
    expect(await fault(endless, { chunkBytes: 262_144 })).toContain("begins on line 3 opens a quote");
  });
});
