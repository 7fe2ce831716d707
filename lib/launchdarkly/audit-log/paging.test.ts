import { expect, test } from "vitest";
import { type Place, stepAfter } from "./paging.ts";

const entries = (...dates: readonly number[]) => dates.map((date) => ({ date }));
const full = (oldest: number, newest = oldest) => entries(newest, ...Array<number>(19).fill(oldest));
const at = (before: number, next?: string): Place => ({ before, ...(next !== undefined && { next }) });

test.each<[string, Place, Parameters<typeof stepAfter>[1], Place]>([
  ["begins again with the last ms of a full page", at(1_000), { entries: full(500, 900) }, at(501)],
  ["goes by time although there is a link", at(1_000), { entries: full(500, 900), next: "/a" }, at(501)],
  ["goes on behind a short page that has a link", at(1_000), { entries: entries(900), next: "/a" }, at(901)],
  ["takes the link when a ms fills the page", at(501), { entries: full(500), next: "/a" }, at(501, "/a")],
  ["takes the next link of such a ms", at(501, "/a"), { entries: full(500), next: "/b" }, at(501, "/b")],
  [
    "leaves the ms behind when the link repeats itself",
    at(501, "/a"),
    { entries: full(500), next: "/a" },
    at(500),
  ],
  ["leaves the ms behind when there is no link", at(501), { entries: full(500) }, at(500)],
  ["does not go by an entry without a time", at(1_000), { entries: [{}, ...full(500).slice(1)] }, at(501)],
])("%s", (_, place, page, next) => {
  expect(stepAfter(place, page, 100)).toMatchObject({ kind: "place", place: next });
});

test.each<[string, Place, Parameters<typeof stepAfter>[1]]>([
  ["an empty page", at(1_000), { entries: [] }],
  ["an empty page that has a link", at(1_000), { entries: [], next: "/a" }],
  ["a short page without a link", at(1_000), { entries: entries(900, 800) }],
  ["a page that reaches below where it is to end", at(1_000), { entries: full(99, 900), next: "/a" }],
  ["a ms that cannot be left behind", at(101), { entries: full(100) }],
])("%s is the last", (_, place, page) => {
  expect(stepAfter(place, page, 100)).toEqual({ kind: "end" });
});

test("entries that cannot be asked for are told of", () => {
  expect(stepAfter(at(501), { entries: full(500) }, 100)).toMatchObject({ crowded: true });
  expect(stepAfter(at(501), { entries: full(500), next: "/a" }, 100)).toMatchObject({ crowded: false });
});
