import type { Connections } from "../lib/connections/schema.ts";
import type { QueueOutcome } from "../lib/delivery/settle-queues.ts";
import type { Action, AudienceOperation } from "../lib/messages/operation.ts";
import { packAudienceOperations } from "../lib/messages/pack.ts";
import type { Version } from "../lib/messages/version.ts";
import type { Bundle, BundleQueue } from "./bundle.ts";
import type { SegmentPlace } from "./membership/places.ts";
import { OperatorProblem } from "./problem.ts";

/** A change of one member that a person orders. `after` is the version that it has to win against, where one is known. */
export type OrderedChange = {
  readonly kind: string;
  readonly key: string;
  readonly action: Action;
  readonly after: Version | undefined;
};

export type SendPorts = {
  readonly bundle: Pick<Bundle, "queues" | "connections">;
  readonly sendToQueue: (
    queueUrl: string,
    entries: readonly { readonly body: string; readonly groupId: string }[],
  ) => Promise<readonly QueueOutcome[]>;
  /** Unix ms. */
  readonly now: () => number;
};

/** How many of the operations SQS has confirmed, and why it did not take the others; the version of each, in order. */
export type SentOperations = {
  readonly sent: number;
  readonly codes: readonly string[];
  readonly versions: readonly Version[];
};

/**
 * Sends changes of a segment through its queue, as ingest would: with today's time, so that nothing older undoes them.
 * @param id the operations' own id, by which they are found again
 * @throws {OperatorProblem} where no connection writes to this segment, or the bundle has no queue for it
 */
export async function sendChanges(
  place: SegmentPlace,
  { id, changes }: { readonly id: string; readonly changes: readonly OrderedChange[] },
  { bundle, sendToQueue, now }: SendPorts,
): Promise<SentOperations> {
  const { connection, queue } = wayTo(place, bundle);
  const acceptedAt = now();
  const operations = changes.map(({ kind, key, action, after }, index): AudienceOperation => {
    // A source whose clock runs ahead has written times that are still to come: today's would lose against them.
    const atMs = Math.max(acceptedAt, after?.[0] ?? acceptedAt);
    const receivedAtMs = acceptedAt;
    return {
      segment: nameOf(place, connection, bundle.connections),
      contextKind: kind,
      contextKey: key,
      action,
      version: [atMs, receivedAtMs, index, id],
    };
  });
  let sent = 0;
  const codes = new Set<string>();
  const bodies = packAudienceOperations({ connection, acceptedAt, operations });
  const outcomes = await sendToQueue(
    queue.url,
    bodies.map((body) => ({ body, groupId: connection })),
  );
  for (const [at, body] of bodies.entries()) {
    const outcome = outcomes[at];
    if (outcome?.kind === "confirmed") sent += operationsIn(body);
    else codes.add(outcome?.code ?? "NotAnswered");
  }
  return { sent, codes: [...codes], versions: operations.map(({ version }) => version) };
}

/** @throws {OperatorProblem} where there is no way to the segment */
export function wayTo(
  { environment, connections, segment }: SegmentPlace,
  { queues }: Pick<Bundle, "queues">,
): { readonly connection: string; readonly queue: BundleQueue } {
  const [connection] = connections;
  const queue = queues.find(
    ({ kind, destination }) => kind === "audience-operations" && destination === environment,
  );
  const name = `segment "${segment.id}" of ${environment}`;
  if (connection === undefined)
    throw new OperatorProblem(
      `${name}: no connection of connections.yml writes ${segment.writer === "synced" ? `synced segments of ${segment.integration}` : `${segment.writer} segments`}: add one, and deploy.`,
    );
  if (!queue) throw new OperatorProblem(`${name}: the bundle has no queue for ${environment}: deploy again.`);
  return { connection, queue };
}

/** The name matters only when the segment has to be made: an existing one keeps the name that it has. */
function nameOf({ segment: { id } }: SegmentPlace, connection: string, { connections }: Connections) {
  const own = connections[connection]?.audiences.segment;
  return own?.id === id ? own : { id, name: id };
}

function operationsIn(body: string): number {
  const { operations }: { readonly operations: readonly unknown[] } = JSON.parse(body);
  return operations.length;
}
