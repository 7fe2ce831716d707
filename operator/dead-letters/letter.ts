import * as z from "zod";
import type { HeldMessage } from "../../lib/delivery/walk-queue.ts";
import { readJson } from "../../lib/json.ts";
import type { BundleQueue } from "../bundle.ts";

/** A dead letter as it was read: why it died, and what it holds. */
export type Letter = {
  readonly id: string;
  readonly receiptHandle: string;
  readonly queue: BundleQueue;
  readonly reason: string;
  /** The destination's own words, or ours. */
  readonly cause: string;
  /** HTTP status of the destination's answer, where there was one. */
  readonly status: number | undefined;
  readonly connection: string;
  readonly items: number;
  /** When it became a dead letter, Unix ms. SQS deletes it 14 days later. */
  readonly deadSinceMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly body: string;
  readonly groupId: string | undefined;
};

/** What SQS itself gave up after 1,000 receives comes without a reason: the function crashed with it each time. */
export const NO_REASON = "received-too-often";

const itemsOf = z.union([
  z.object({ operations: z.array(z.unknown()) }).transform(({ operations }) => operations.length),
  z.object({ events: z.array(z.unknown()) }).transform(({ events }) => events.length),
  z.object({ changes: z.array(z.unknown()) }).transform(({ changes }) => changes.length),
]);

const connectionOf = z.object({ connection: z.string() });

/** Reads a message of a dead-letter queue. Whoever wrote it, it is shown: what cannot be understood counts as one item. */
export function letterOf(raw: HeldMessage, queue: BundleQueue): Letter {
  const { attributes } = raw;
  const body = readJson(raw.body);
  const status = Number(attributes.status);
  return {
    id: raw.id,
    receiptHandle: raw.receiptHandle,
    queue,
    reason: attributes.reason ?? NO_REASON,
    cause: attributes.cause ?? "SQS gave it up after 1,000 receives, none of which the function survived.",
    status: attributes.status !== undefined && Number.isInteger(status) ? status : undefined,
    connection: attributes.connection ?? connectionOf.safeParse(body).data?.connection ?? "",
    items: itemsOf.safeParse(body).data ?? 1,
    deadSinceMs: raw.sentAtMs,
    attributes,
    body: raw.body,
    groupId: raw.groupId,
  };
}
