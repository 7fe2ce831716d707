import { describe, expect, test } from "vitest";
import { FIRST_LOST_MS, nothingProven } from "./proof.ts";

const nowMs = 1_800_000_000_000;
const untilMs = nowMs + FIRST_LOST_MS;

/** Work in turns of a way that is open: which pieces have begun, and how to end them. */
function workIn(proof = nothingProven(() => true)) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (name: string): void => {
    void proof.inTurn(() => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  };
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { proof, begun, start, end };
}

describe("a request with a credential of which nothing is known", () => {
  test("goes alone until it is answered", () => {
    const proof = nothingProven(() => true);
    expect([proof.start("new", nowMs), proof.start("new", nowMs)]).toEqual([undefined, untilMs]);
    proof.end("new", "answered");
    expect([proof.start("new", nowMs), proof.start("new", nowMs)]).toEqual([undefined, undefined]);
  });

  test.each(["refused", "replaced", "silent"] as const)(
    "is followed by one more when it was %s",
    (ending) => {
      const proof = nothingProven(() => true);
      proof.start("new", nowMs);
      proof.end("new", ending);
      expect([proof.start("new", nowMs), proof.start("new", nowMs)]).toEqual([undefined, untilMs]);
    },
  );

  test("is followed by another one when it was lost with its function", () => {
    const proof = nothingProven(() => true);
    proof.start("new", nowMs);
    expect([proof.start("new", untilMs - 1), proof.start("new", untilMs)]).toEqual([untilMs, undefined]);
  });

  test("goes alone beside requests with the one before, whose answers prove nothing of it", () => {
    const proof = nothingProven(() => true);
    proof.start("old", nowMs);
    proof.end("old", "answered");
    proof.start("old", nowMs);
    expect(proof.start("new", nowMs)).toBeUndefined();
    proof.end("old", "answered");
    expect(proof.start("new", nowMs)).toBe(untilMs);
  });

  test("goes alone again once the credential was refused", () => {
    const proof = nothingProven(() => true);
    proof.start("one", nowMs);
    proof.end("one", "answered");
    proof.start("one", nowMs);
    proof.end("one", "refused");
    expect([proof.start("one", nowMs), proof.start("one", nowMs)]).toEqual([undefined, untilMs]);
  });
});

describe("work", () => {
  test("waits for the first request's answer, and not for the end of the work that made it", () => {
    const { proof, begun, start } = workIn();
    for (const name of ["a", "b", "c"]) start(name);
    expect(begun).toEqual(["a"]);
    proof.start("new", nowMs);
    proof.end("new", "answered");
    return Promise.resolve().then(() => expect(begun).toEqual(["a", "b", "c"]));
  });

  test("that follows a request without an answer goes alone as well", async () => {
    const { proof, begun, start, end } = workIn();
    for (const name of ["a", "b", "c"]) start(name);
    proof.start("new", nowMs);
    proof.end("new", "silent");
    await end("a");
    expect(begun).toEqual(["a", "b"]);
  });

  test("that needed no request lets two go at once", async () => {
    const { begun, start, end } = workIn();
    for (const name of ["a", "b", "c", "d"]) start(name);
    await end("a");
    expect(begun).toEqual(["a", "b", "c"]);
  });

  test("that met a closed destination lets one go, as it would have", async () => {
    const { begun, start, end } = workIn(nothingProven(() => false));
    for (const name of ["a", "b", "c"]) start(name);
    await end("a");
    expect(begun).toEqual(["a", "b"]);
  });

  test("that throws lets the next one go", async () => {
    const proof = nothingProven(() => true);
    await expect(proof.inTurn(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await proof.inTurn(async () => "next")).toBe("next");
  });
});
