import type { Letter } from "./letter.ts";

/** A letter as it is kept in the file and shown in full: one line of JSON, with all that SQS had of it. */
export function fullLetter(letter: Letter): object {
  return {
    queue: letter.queue.name,
    id: letter.id,
    reason: letter.reason,
    cause: letter.cause,
    status: letter.status ?? null,
    connection: letter.connection,
    items: letter.items,
    deadSince: new Date(letter.deadSinceMs).toISOString(),
    attributes: letter.attributes,
    body: letter.body,
  };
}
