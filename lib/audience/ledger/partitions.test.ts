import { describe, expect, test } from "vitest";
import { entryPlaces, holdAddress, SHARDS } from "./keys.ts";
import { entryPartitions, listedSegment, ownerOfItem } from "./partitions.ts";

const segment = { environment: "production", segment: "list/vip" };
const itemAt = ({ pk, sk }: { readonly pk: string; readonly sk: string }) => ({
  pk: { S: pk },
  sk: { S: sk },
});

test("the partitions of a segment and kind hold every place of every key", () => {
  const partitions = new Set(entryPartitions(segment, "user"));
  expect(partitions.size).toBe(3 * SHARDS);
  for (let nth = 0; nth < 500; nth += 1) {
    for (const key of [`member-${nth}`, `${nth}`.padStart(1_025, "k"), `${nth}`.padStart(64, "a")]) {
      const { home, second } = entryPlaces(segment, "user", key);
      expect(partitions.has(home.pk)).toBe(true);
      expect(second === undefined || partitions.has(second.pk)).toBe(true);
    }
  }
});

describe("the owner of an item is read from where it lies", () => {
  test.each([
    ["list/vip", "user"],
    ["list/vip#user", "user"],
    ["list/vip#user#c", "long"],
    ["list/vip#user#c#long", "short"],
    ["#", "0"],
    ["list/one\ntwo", "a.b-c_d"],
  ])("of the segment %j and the kind %s", (name, contextKind) => {
    const named = { environment: "production", segment: name };
    const short = "a".repeat(64);
    const { home, second } = entryPlaces(named, contextKind, short);
    for (const place of [home, second ?? home])
      expect(ownerOfItem(itemAt(place))).toEqual({
        kind: "entry",
        segment: { ...named, isDigest: false },
        contextKind,
        key: short,
      });
    expect(ownerOfItem(itemAt(holdAddress(named)))).toEqual({
      kind: "hold",
      segment: { ...named, isDigest: false },
    });
  });
});

test("a segment too long for a partition is listed by its digest, and by that as the same", () => {
  const listed = listedSegment({ ...segment, segment: `list/${"s".repeat(1_024)}` });
  expect(listed).toEqual({ ...segment, segment: expect.stringMatching(/^[0-9a-f]{64}$/), isDigest: true });
  expect(listedSegment(listed)).toEqual(listed);
  expect(listedSegment(segment)).toEqual({ ...segment, isDigest: false });
});
