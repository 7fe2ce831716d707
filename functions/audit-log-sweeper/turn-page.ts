import { type Place, stepAfter } from "../../lib/launchdarkly/audit-log/paging.ts";
import type { ReadFailure } from "../../lib/launchdarkly/audit-log/request.ts";
import { type CollectPorts, collect, type Memory, type Wanted } from "./collect.ts";
import type { QueuedEntry } from "./cursors/cursor.ts";

/** Why nothing more of a feed is read now. After `stopped` the next run continues; `misconfigured` needs a person. */
export type Halt =
  | { readonly kind: "stopped"; readonly reason: string }
  | { readonly kind: "misconfigured"; readonly reason: string };

/** `next` is where to go on, undefined when the page was the last; `halt` says that it must not be now. */
export type Turned =
  | {
      readonly kind: "turned";
      readonly queued: readonly QueuedEntry[];
      readonly next: Place | undefined;
      readonly halt?: Halt;
    }
  | Halt;

/** Reads one page, queues what is wanted of it, and says where the next one begins. */
export async function turnPage(
  place: Place,
  wanted: Wanted,
  memory: Memory,
  ports: CollectPorts,
): Promise<Turned> {
  const { feed, span } = wanted;
  if (!ports.budget.allows(ports.requestMs)) return { kind: "stopped", reason: "out-of-time" };
  const page = await feed.log.page({ spec: feed.spec, from: span.from, place });
  if (isDeadLink(place, page)) {
    memory.tally.crowded += 1;
    return { kind: "turned", queued: [], next: { before: place.before - 1 } };
  }
  if (page.kind !== "page") return haltOf(page);
  const collected = await collect(page.entries, wanted, memory, ports);
  if (collected.kind === "unconfirmed") return { kind: "stopped", reason: "queue-unavailable" };
  const { queued, later } = collected;
  if (later) {
    const halt: Halt = { kind: "stopped", reason: later.reason };
    return { kind: "turned", queued, next: { before: later.at + 1 }, halt };
  }
  const step = stepAfter(place, page, span.from);
  if (step.kind === "end") return { kind: "turned", queued, next: undefined };
  if (step.crowded) memory.tally.crowded += 1;
  return { kind: "turned", queued, next: step.place };
}

/** A stored link may be invalid by the next run: following it for ever would end the sweeping. */
function isDeadLink(
  { next }: Place,
  page: { readonly kind: "page" } | ReadFailure,
): page is Extract<ReadFailure, { kind: "misconfigured" }> {
  if (next === undefined || page.kind !== "misconfigured") return false;
  return page.code === "launchdarkly-400" || page.code === "launchdarkly-404";
}

function haltOf(failure: ReadFailure): Halt {
  switch (failure.kind) {
    case "limited":
      return { kind: "stopped", reason: "rate-limited" };
    case "failed":
      return { kind: "stopped", reason: failure.code };
    case "misconfigured":
      return { kind: "misconfigured", reason: failure.code };
  }
}
