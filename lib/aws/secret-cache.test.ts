import { describe, expect, test } from "vitest";
import {
  cacheSecrets,
  type FetchedSecret,
  SECRET_FRESH_MS,
  SECRET_REFRESH_MS,
  SECRET_REREAD_MS,
  SECRET_STALE_MS,
} from "./secret-cache.ts";

/** A reader over secrets that the test may change, with a clock of its own and a list of the reads that reached them. */
function reader(secrets: Record<string, FetchedSecret>) {
  const reads: string[][] = [];
  const clock = { ms: 0 };
  const read = cacheSecrets({
    fetchSecrets: async (names) => {
      reads.push([...names]);
      await new Promise((resolve) => setImmediate(resolve));
      return new Map(
        names.map((name) => [name, secrets[name] ?? { kind: "unusable", problem: `no ${name}` }]),
      );
    },
    check: (value) =>
      typeof value === "string"
        ? { ok: true, value }
        : { ok: false, problems: ["expected a text", "expected more"] },
    fullName: (name) => `flagbridge/dev/${name}`,
    now: () => clock.ms,
  });
  const one = async (name: string, freshness: "cached" | "refreshed" = "cached") =>
    (await read([name], freshness)).get(name);
  return { reads, clock, read, one };
}

const text = (value: unknown): FetchedSecret => ({ kind: "text", text: JSON.stringify(value) });
const usable = (value: string) => ({ kind: "usable", value });
const unreachable: FetchedSecret = { kind: "unreachable", problem: "could not be read" };

describe("a good secret", () => {
  test("is used for 15 s without another read", async () => {
    const { one, reads, clock } = reader({ a: text("x") });
    expect(await one("a")).toEqual(usable("x"));
    clock.ms = SECRET_REREAD_MS - 1;
    expect(await one("a")).toEqual(usable("x"));
    expect(reads).toHaveLength(1);
  });

  test("is read again from 15 s on, and nobody waits for it", async () => {
    const secrets = { a: text("old") };
    const { one, reads, clock } = reader(secrets);
    await one("a");
    secrets.a = text("new");
    clock.ms = SECRET_REREAD_MS;
    expect(await one("a")).toEqual(usable("old"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await one("a")).toEqual(usable("new"));
    expect(reads).toHaveLength(2);
  });

  test("is not used from 30 s on without having been read again", async () => {
    const secrets = { a: text("old") };
    const { one, clock } = reader(secrets);
    await one("a");
    secrets.a = text("new");
    clock.ms = SECRET_FRESH_MS;
    expect(await one("a")).toEqual(usable("new"));
  });

  test("is as old as the beginning of the read, which may end much later in a function that is frozen", async () => {
    const answers: ((secret: FetchedSecret) => void)[] = [];
    const clock = { ms: 0 };
    const read = cacheSecrets<unknown>({
      fetchSecrets: async ([name = ""]) =>
        new Map([[name, await new Promise<FetchedSecret>((resolve) => answers.push(resolve))]]),
      check: (value) => ({ ok: true, value }),
      fullName: (name) => name,
      now: () => clock.ms,
    });
    const one = async () => (await read(["a"], "cached")).get("a");
    const first = one();
    answers[0]?.(text("old"));
    await first;
    clock.ms = SECRET_REREAD_MS;
    await one();
    // Frozen here, with what Secrets Manager answered still unread, and woken by the next request.
    clock.ms = 10 * 60_000;
    const next = one();
    answers[1]?.(text("old"));
    await new Promise((resolve) => setImmediate(resolve));
    answers[2]?.(text("new"));
    expect(await next).toEqual({ kind: "usable", value: "new" });
    expect(answers).toHaveLength(3);
  });

  test("that has not changed is the same object after another read", async () => {
    const { one, clock } = reader({ a: text("x") });
    const first = await one("a");
    clock.ms = SECRET_FRESH_MS;
    expect(await one("a")).toBe(first);
  });

  test("is the same object on every read, so that what was derived from it is found again", async () => {
    const { read } = reader({ a: text("x") });
    expect((await read(["a"], "cached")).get("a")).toBe((await read(["a"], "cached")).get("a"));
  });

  test("is refreshed at once when it is doubted, though it was read a moment ago", async () => {
    const secrets = { a: text("old") };
    const { one } = reader(secrets);
    await one("a");
    secrets.a = text("new");
    expect(await one("a", "refreshed")).toEqual(usable("new"));
  });

  test("is refreshed once in 30 s, however often it is doubted", async () => {
    const secrets = { a: text("old") };
    const { one, reads, clock } = reader(secrets);
    await one("a", "refreshed");
    secrets.a = text("new");
    // From here on it is read again whether doubted or not.
    clock.ms = SECRET_REREAD_MS - 1;
    expect(await one("a", "refreshed")).toEqual(usable("old"));
    clock.ms = SECRET_REFRESH_MS;
    expect(await one("a", "refreshed")).toEqual(usable("new"));
    expect(await one("a", "refreshed")).toEqual(usable("new"));
    expect(reads).toHaveLength(2);
  });

  test("stays usable for an hour while Secrets Manager does not answer, which is asked again meanwhile", async () => {
    const secrets = { a: text("x") };
    const { one, reads, clock } = reader(secrets);
    await one("a");
    secrets.a = unreachable;
    clock.ms = SECRET_FRESH_MS;
    expect(await one("a")).toEqual(usable("x"));
    expect(await one("a")).toEqual(usable("x"));
    expect(reads).toHaveLength(2);
    clock.ms += SECRET_REREAD_MS;
    await one("a");
    expect(reads).toHaveLength(3);
    clock.ms = SECRET_STALE_MS - 1;
    expect(await one("a")).toEqual(usable("x"));
    clock.ms += SECRET_FRESH_MS;
    expect(await one("a")).toEqual({ kind: "unreachable", problem: "could not be read" });
  });

  test("that is deleted is not usable any more", async () => {
    const secrets: Record<string, FetchedSecret> = { a: text("x") };
    const { one, clock } = reader(secrets);
    await one("a");
    delete secrets.a;
    clock.ms = SECRET_FRESH_MS;
    expect(await one("a")).toEqual({ kind: "unusable", problem: "no a" });
  });
});

describe("a bad secret", () => {
  test("is looked at again after 30 s, so that putting it right needs no cold start", async () => {
    const secrets = { a: text(1) };
    const { one, clock } = reader(secrets);
    expect((await one("a"))?.kind).toBe("unusable");
    secrets.a = text("x");
    clock.ms = SECRET_REFRESH_MS - 1;
    expect((await one("a"))?.kind).toBe("unusable");
    clock.ms = SECRET_REFRESH_MS;
    expect(await one("a")).toEqual(usable("x"));
  });

  test("of another shape says what is wrong and what to type", async () => {
    expect(await reader({ a: text(1) }).one("a")).toEqual({
      kind: "unusable",
      problem:
        'secret "flagbridge/dev/a": expected a text; expected more; put it right with: ' +
        "aws secretsmanager put-secret-value --secret-id flagbridge/dev/a --secret-string '{…}'",
    });
  });

  test("without a value says what it has to hold and what to type", async () => {
    expect(await reader({ a: { kind: "absent" } }).one("a")).toEqual({
      kind: "unusable",
      problem:
        'secret "flagbridge/dev/a" has no value (expected a text; expected more): fill it with: ' +
        "aws secretsmanager put-secret-value --secret-id flagbridge/dev/a --secret-string '{…}'; " +
        "the deploy creates it, empty",
    });
  });

  test("that is no JSON is not quoted", async () => {
    const answer = await reader({ a: { kind: "text", text: "hunter2 is my password" } }).one("a");
    expect(answer).toMatchObject({ kind: "unusable", problem: expect.stringContaining("is not JSON") });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });

  test("leaves the others usable", async () => {
    const { read } = reader({ a: text("x"), b: unreachable });
    expect([...(await read(["a", "b", "c"], "cached")).values()].map(({ kind }) => kind)).toEqual([
      "usable",
      "unreachable",
      "unusable",
    ]);
  });
});

describe("reads", () => {
  test("ask only for what is due", async () => {
    const { read, reads } = reader({ a: text("x"), b: text("y") });
    await read(["a"], "cached");
    await read(["a", "b"], "cached");
    expect(reads).toEqual([["a"], ["b"]]);
  });

  test("at the same time share one call", async () => {
    const { read, reads } = reader({ a: text("x"), b: text("y") });
    const answers = await Promise.all([
      read(["a", "b"], "cached"),
      read(["a"], "cached"),
      read(["b", "b"], "cached"),
    ]);
    expect(answers.flatMap((answer) => [...answer.values()].map(({ kind }) => kind))).toEqual(
      Array(4).fill("usable"),
    );
    expect(reads).toEqual([["a", "b"]]);
  });

  test("take along whatever is old enough, so that a function makes one call for all of its secrets", async () => {
    const { read, reads, clock } = reader({ a: text("x"), b: text("y") });
    await read(["a"], "cached");
    await read(["b"], "cached");
    clock.ms = SECRET_REREAD_MS;
    await read(["b"], "cached");
    await read(["a"], "cached");
    expect(reads).toEqual([["a"], ["b"], ["b", "a"]]);
  });
});

describe("a key that is taken out of a secret", () => {
  /** One instance, asked every so often for ten minutes: when it last used the key after 100 s, and its calls. */
  async function lastUse(everyMs: number) {
    const secrets = { a: text("key"), b: text("other") };
    const { read, reads, clock } = reader(secrets);
    let lastUsedMs = 0;
    for (; clock.ms < 600_000; clock.ms += everyMs) {
      if (clock.ms >= 100_000) secrets.a = text("other");
      const answer = (await read([clock.ms % (2 * everyMs) === 0 ? "a" : "b"], "cached")).get("a");
      if (answer?.kind === "usable" && answer.value === "key") lastUsedMs = clock.ms;
    }
    return { usedForMs: lastUsedMs - 100_000, calls: reads.length };
  }

  test.each([10, 100, 1_000, 7_000, 16_000, 29_000, 45_000])(
    "opens nothing 30 s later, at one call in 15 s at most, with a request every %i ms",
    async (everyMs) => {
      const { usedForMs, calls } = await lastUse(everyMs);
      expect(usedForMs).toBeLessThan(30_000);
      // Ten minutes, and the first reads of the two secrets.
      expect(calls).toBeLessThanOrEqual(600_000 / SECRET_REREAD_MS + 2);
    },
  );
});
