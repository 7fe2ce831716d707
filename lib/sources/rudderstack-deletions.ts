import { isObject, type Json } from "../json.ts";
import { erasureFault, erasureMeaning } from "./erasures.ts";
import { fault, isAbsent, type Meaning } from "./items.ts";
import { valueAt } from "./metrics.ts";
import { wordOf } from "./rudderstack-audiences.ts";
import type { SourceRequest } from "./source.ts";

/**
 * RudderStack's two shapes of a user deletion request: the body that its User Suppression API takes (`regulationType`, `users`), and
 * the jobs that its regulation worker posts for destinations (`jobId`, `destType`, `config`, `userAttributes`).
 * https://www.rudderstack.com/docs/api/user-suppression-api/
 * https://github.com/rudderlabs/rudder-server/tree/bece41b/regulation-worker/internal/delete/api
 */
export function isDeletion(event: Json): boolean {
  return isAbsent(event.type) && (!isAbsent(event.regulationType) || Array.isArray(event.userAttributes));
}

/** One meaning for each user; one for a request of which nothing can be used. */
export function deletionMeanings(event: Json, request: SourceRequest): readonly Meaning[] {
  const refused = erasureFault(request);
  if (refused) return [refused];
  if (!isAbsent(event.regulationType) && wordOf(event.regulationType) !== "suppress_with_delete")
    return [NO_DELETION];
  const list = isAbsent(event.regulationType) ? "userAttributes" : "users";
  const users = event[list];
  if (!Array.isArray(users) || users.length === 0)
    return [fault("invalid_item", list, "expected a list of users that is not empty")];
  return users.map((user, at) => userMeaning(user, `${list}[${at}]`, request));
}

/** `suppress` keeps what there is. */
const NO_DELETION = fault("invalid_item", "regulationType", "expected suppress_with_delete");

function userMeaning(user: unknown, at: string, { connection }: SourceRequest): Meaning {
  if (!isObject(user)) return fault("invalid_item", at, "expected an object");
  const meaning = erasureMeaning(connection, (name) => [valueAt(user, name), name]);
  if (meaning.kind !== "fault") return meaning;
  return { ...meaning, field: meaning.field === "" ? at : `${at}.${meaning.field}` };
}
