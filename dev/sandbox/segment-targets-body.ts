import type { MembersShape, SegmentTargetsShape } from "./segment-targets-shapes.ts";

/** What one `segment-targets` request asks for, whatever shape it came in. */
export type SegmentTargets = {
  readonly environmentId: string;
  readonly contextKind: string;
  readonly cohortId: string;
  readonly cohortName: string;
  readonly changes: readonly MemberChange[];
};

export type MemberChange = { readonly key: string; readonly action: "add" | "remove" };

export type SegmentTargetsReading =
  | { readonly ok: true; readonly targets: SegmentTargets }
  | { readonly ok: false; readonly message: string };

/** A limit of this sandbox, and the most that any writer of the bundle sends. */
export const MAX_MEMBERS = 1000;

/**
 * Reads a body by its integration's shape. What is wrong is told by the place in the body and what was expected there;
 * one bad member refuses the request, as it does at LaunchDarkly.
 */
export function readSegmentTargets(shape: SegmentTargetsShape, body: unknown): SegmentTargetsReading {
  try {
    const changes = readChanges(shape.members, body);
    if (changes.length > MAX_MEMBERS)
      throw new Unreadable(`expected at most ${MAX_MEMBERS} members, got ${changes.length}`);
    const kind = shape.contextKind === undefined ? undefined : find(body, shape.contextKind);
    return {
      ok: true,
      targets: {
        environmentId: text(find(body, shape.environmentId), shape.environmentId),
        contextKind: kind === undefined ? "user" : text(kind, shape.contextKind ?? ""),
        cohortId: text(find(body, shape.cohortId), shape.cohortId),
        cohortName: text(find(body, shape.cohortName), shape.cohortName),
        changes,
      },
    };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, message: error.message };
    throw error;
  }
}

class Unreadable extends Error {}

function readChanges(members: MembersShape, body: unknown): MemberChange[] {
  switch (members.kind) {
    case "each": {
      const list = array(find(body, members.list), members.list);
      const cohort = text(find(list, `/0/${members.cohortId}`), `${members.list}/0/${members.cohortId}`);
      return list.map((member, index) => {
        const at = `${members.list}/${index}`;
        if (text(find(member, `/${members.cohortId}`), `${at}/${members.cohortId}`) !== cohort) {
          throw new Unreadable(
            `${at}/${members.cohortId}: expected the cohort of the first member; send one cohort per request`,
          );
        }
        const value = find(member, "/value");
        if (typeof value !== "boolean") throw new Unreadable(`${at}/value: expected true or false`);
        return {
          key: text(find(member, `/${members.id}`), `${at}/${members.id}`),
          action: value ? "add" : "remove",
        };
      });
    }
    case "two-lists":
      return [
        ...readList(find(body, members.add) ?? [], members.add, members.id, "add"),
        ...readList(find(body, members.remove) ?? [], members.remove, members.id, "remove"),
      ];
    case "action": {
      const action = members.adds.test(text(find(body, members.action), members.action)) ? "add" : "remove";
      return readList(find(body, members.list), members.list, members.id, action);
    }
  }
}

function readList(value: unknown, at: string, id: string, action: MemberChange["action"]): MemberChange[] {
  return array(value, at).map((member, index) => ({
    key: text(find(member, `/${id}`), `${at}/${index}/${id}`),
    action,
  }));
}

function array(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unreadable(`${at}: expected a list`);
  return value;
}

function text(value: unknown, at: string): string {
  if (typeof value !== "string" || value === "")
    throw new Unreadable(`${at}: expected a text that is not empty`);
  return value;
}

function find(value: unknown, pointer: string): unknown {
  let found = value;
  for (const name of pointer.split("/").slice(1)) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = Object.getOwnPropertyDescriptor(found, name)?.value;
  }
  return found;
}
