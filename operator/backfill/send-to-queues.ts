import type { SendParcel } from "../../lib/connections/queues.ts";
import type { QueueOutcome } from "../../lib/delivery/settle-queues.ts";
import type { BundleQueue } from "../bundle.ts";
import { OperatorProblem } from "../problem.ts";
import type { BackfillSettings } from "./settings.ts";

/**
 * Sends parcels to the queues of a bundle, as ingest does.
 * @throws {OperatorProblem} when the bundle lacks the queue of one of the destinations
 */
export function sendToQueues(
  { queues: wanted }: Pick<BackfillSettings, "queues">,
  {
    queues,
    sendToQueue,
  }: {
    readonly queues: readonly Pick<BundleQueue, "kind" | "destination" | "url">[];
    readonly sendToQueue: (
      queueUrl: string,
      entries: readonly { readonly body: string; readonly groupId: string }[],
    ) => Promise<readonly QueueOutcome[]>;
  },
): SendParcel {
  const urls = new Map(
    wanted.map(({ kind, destination }) => {
      const found = queues.find((queue) => queue.kind === kind && queue.destination === destination);
      if (found) return [destination, found.url] as const;
      throw new OperatorProblem(
        `There is no queue for ${kind} of "${destination}": connections.yml names it, and what runs does not have it yet. Deploy first, or start the stack again.`,
      );
    }),
  );
  return ({ queue, connection, bodies }) =>
    sendToQueue(
      urls.get(queue.destination) ?? "",
      bodies.map((body) => ({ body, groupId: connection })),
    );
}
