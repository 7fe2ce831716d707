import { describe, expect, test } from "vitest";
import { addressText, entryAddress, entryPlaces, holdAddress, SHARDS } from "./keys.ts";

const segment = { environment: "production", segment: "synced/segment-audiences/aud_1" };

describe("the address of an entry", () => {
  test("never changes: what is in the table was written under it", () => {
    expect(entryAddress(segment, "user", "ana")).toEqual({
      pk: "production#synced/segment-audiences/aud_1#user#c",
      sk: "ana",
    });
    expect(entryAddress(segment, "user", "ключ")).toEqual({
      pk: "production#synced/segment-audiences/aud_1#user#b",
      sk: "ключ",
    });
  });

  test("spreads members evenly over the partitions, however alike their keys are", () => {
    for (const name of [
      (index: number) => `user-${index}`,
      (index: number) => String(100_000 + index),
      (index: number) => `${index}@example.com`,
    ]) {
      const sizes = new Map<string, number>();
      for (let index = 0; index < 16_000; index += 1) {
        const { pk } = entryAddress(segment, "user", name(index));
        sizes.set(pk, (sizes.get(pk) ?? 0) + 1);
      }
      expect(sizes.size).toBe(SHARDS);
      expect(Math.max(...sizes.values())).toBeLessThan(1_250);
      expect(Math.min(...sizes.values())).toBeGreaterThan(750);
    }
  });

  test("holds a key of 1,024 bytes as it is and a longer one as its SHA-256", () => {
    expect(entryAddress(segment, "user", "é".repeat(512)).sk).toBe("é".repeat(512));
    expect(entryAddress(segment, "user", `${"é".repeat(512)}x`).sk).toMatch(/^[0-9a-f]{64}$/);
  });

  test("fits DynamoDB's 2,048 bytes however long the segment's name is", () => {
    const { pk } = entryAddress({ ...segment, segment: "s".repeat(5_000) }, "k".repeat(128), "ana");
    expect(Buffer.byteLength(pk)).toBeLessThanOrEqual(2_048);
  });
});

describe("the second place of an entry", () => {
  const long = "l".repeat(1_025);
  const { home } = entryPlaces(segment, "user", long);

  test("is there for a long key and the short one that is its SHA-256, each its own, and for no other", () => {
    const seconds = [long, home.sk].map((key) => entryPlaces(segment, "user", key).second);
    expect(seconds).toEqual([
      { ...home, pk: `${home.pk}#long` },
      { ...home, pk: `${home.pk}#short` },
    ]);
    for (const key of ["ana", home.sk.toUpperCase(), home.sk.slice(1), `${home.sk}0`, "k".repeat(1_024)])
      expect(entryPlaces(segment, "user", key)).toEqual({ home: entryAddress(segment, "user", key) });
  });

  test("is nobody's home, however a segment is named", () => {
    const digit = entryAddress(segment, "user", long).pk.at(-1);
    const named = { ...segment, segment: `${segment.segment}#user#${digit}` };
    expect(entryAddress(named, "long", long).pk).not.toBe(entryPlaces(segment, "user", long).second?.pk);
  });
});

describe("two addresses", () => {
  test("differ for every pair of members that differ in segment, kind or key", () => {
    const members = [
      entryAddress({ environment: "a", segment: "b" }, "user", "c"),
      entryAddress({ environment: "a", segment: "b#user" }, "user", "c"),
      entryAddress({ environment: "a", segment: "b" }, "user", "c#c"),
      entryAddress({ environment: "a", segment: "b#c" }, "device", "c"),
    ];
    expect(new Set(members.map(addressText)).size).toBe(members.length);
  });

  test("differ for the hold of a segment and the entries of one that is named like its partition", () => {
    const { pk } = entryAddress({ environment: "a", segment: "b" }, "user", "hold");
    expect(holdAddress({ environment: "a", segment: pk.slice("a#".length) })).not.toEqual({ pk, sk: "hold" });
  });
});
