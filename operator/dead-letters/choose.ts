import type { BundleQueue } from "../bundle.ts";
import { misspelt } from "../misspelt.ts";
import { OperatorProblem } from "../problem.ts";
import type { Letter } from "./letter.ts";

/** Which letters a person means; without any of these, all. */
export type Choice = {
  /** A queue of the bundle, its dead-letter queue, or either without the stage's prefix. */
  readonly queue: string | undefined;
  readonly reason: string | undefined;
  readonly connection: string | undefined;
  /** With these two a choice can be one group of the list. `null` is a letter whose destination gave no status. */
  readonly cause?: string | undefined;
  readonly status?: number | null | undefined;
};

/** @throws {OperatorProblem} for a name that no queue has */
export function chosenQueues(
  { queues, namePrefix }: { readonly queues: readonly BundleQueue[]; readonly namePrefix: string },
  name: string | undefined,
): readonly BundleQueue[] {
  if (name === undefined) return queues;
  const found = queues.filter((queue) =>
    [queue.name, queue.deadLetters.name].some((full) => full === name || full === namePrefix + name),
  );
  if (found.length > 0) return found;
  const known = queues.map((queue) => queue.name.slice(namePrefix.length));
  throw new OperatorProblem(misspelt("--queue", name, known, "a queue of this bundle"));
}

export function isChosen(letter: Letter, { reason, connection, cause, status }: Choice): boolean {
  return (
    (reason === undefined || letter.reason === reason) &&
    (connection === undefined || letter.connection === connection) &&
    (cause === undefined || letter.cause === cause) &&
    (status === undefined || (letter.status ?? null) === status)
  );
}
