import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { mindLostReaders } from "./lost-readers.ts";

const lost = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
const full = Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" });

function minded() {
  const reasons: string[] = [];
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  mindLostReaders(streams, (reason) => void reasons.push(reason));
  return { ...streams, reasons };
}

test("a reader of the one line of stdout may go away", () => {
  const { stdout, reasons } = minded();
  stdout.emit("error", lost);
  expect(reasons).toEqual([]);
});

test("without a reader of stderr the stack stops", () => {
  const { stderr, reasons } = minded();
  stderr.emit("error", lost);
  expect(reasons).toEqual(["nobody reads stderr"]);
});

test("a full disk is an error as ever", () => {
  const { stdout, stderr } = minded();
  expect(() => stdout.emit("error", full)).toThrow("ENOSPC");
  expect(() => stderr.emit("error", full)).toThrow("ENOSPC");
});
