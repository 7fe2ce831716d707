import type { FoundPerson } from "../../lib/erasure/find.ts";
import { FORGET_ID } from "../../lib/erasure/remove.ts";

/** Behind the id of a removal from a segment that had the person: a later attempt counts it by this. */
export const WAS_MEMBER = "-member";

/** Which of a person's segments a request is about: what was accepted after it is none of its business. */
export function planOf(
  { segments }: FoundPerson,
  { id, acceptedAt }: { readonly id: string; readonly acceptedAt: number },
) {
  const meant = segments.filter(({ entry }) => !entry || entry.version[1] <= acceptedAt);
  const wasIn = meant.filter(
    ({ entry, membership }) => entry?.action === "add" || membership.member === true,
  );
  const others = meant.filter((one) => !wasIn.includes(one));
  return {
    wasIn,
    // The last word is somebody else's removal, or that of an earlier erasure: what was accepted since then could still bring the
    // person back.
    keptOut: others.filter(
      ({ entry }) => entry && !(entry.version[3].startsWith(FORGET_ID) && entry.version[1] >= acceptedAt),
    ),
    removedBefore: others.filter(({ entry }) => entry?.version[3].startsWith(`${id}${WAS_MEMBER}`)),
    unread: others.filter(({ membership }) => membership.member === null),
  };
}
