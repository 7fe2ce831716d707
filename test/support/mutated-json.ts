import fc from "fast-check";

/** One change of a JSON value: at the place numbered `at` (of all places, in order), put `put` or take it out. */
type Change = { readonly at: number; readonly put: { readonly value: unknown } | "nothing" };

const changes = fc.array(
  fc.record<Change>({
    at: fc.nat(),
    put: fc.oneof(fc.record({ value: awkwardValue() }), fc.constant("nothing" as const)),
  }),
  { minLength: 1, maxLength: 4 },
);

/** A value that was right once, with a few of its parts, however deep, exchanged or gone. */
export function mutated(original: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(original, changes).map(([value, list]) => list.reduce<unknown>(change, value));
}

/** What senders get wrong: other types, emptiness, extremes, names that objects have, and text that is no Unicode. */
function awkwardValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(
      null,
      true,
      false,
      0,
      -1,
      1e308,
      "",
      " ",
      "true",
      "false",
      "constructor",
      "__proto__",
      "\ud800",
      "\uffff",
      "\u0000",
    ),
    fc.constantFrom(
      "2026-02-30T00:00:00Z",
      "9999-12-31T23:59:59.999999999Z",
      "0000-01-01T00:00Z",
      "identify",
      "track",
      "audience",
    ),
    fc.constantFrom(
      [],
      {},
      [[]],
      [null],
      { id: {} },
      "x".repeat(3_000),
      "\u0001".repeat(2_048),
      "é".repeat(1_024),
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );
}

function change(root: unknown, { at, put }: Change): unknown {
  const places = placesIn(root, []);
  const place = places[at % places.length] ?? [];
  return changedAt(root, place, put);
}

/** A place in a JSON value: the names and numbers that lead to it. */
export type Place = readonly (string | number)[];

/** Every place in a value that stands at `path`, its own first. */
export function placesIn(value: unknown, path: Place): Place[] {
  if (typeof value !== "object" || value === null) return [path];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...members.flatMap(([name, member]) => placesIn(member, [...path, name]))];
}

/** A copy of a value with another one, or nothing, at a place. */
export function changedAt(value: unknown, [name, ...rest]: Place, put: Change["put"]): unknown {
  if (name === undefined) return put === "nothing" ? null : put.value;
  if (Array.isArray(value)) {
    return value.flatMap((member: unknown, index) =>
      index !== name
        ? [member]
        : rest.length === 0 && put === "nothing"
          ? []
          : [changedAt(member, rest, put)],
    );
  }
  return Object.fromEntries(
    Object.entries(value ?? {}).flatMap(([key, member]) =>
      key !== name
        ? [[key, member]]
        : rest.length === 0 && put === "nothing"
          ? []
          : [[key, changedAt(member, rest, put)]],
    ),
  );
}
