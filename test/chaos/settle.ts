import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { ENVIRONMENT_ID, FEEDS } from "./feeds.ts";
import { identityOf } from "./operations.ts";
import { queuesOf, type Site } from "./site.ts";

const segmentList = z.object({
  segments: z.array(
    z.object({
      environmentId: z.string(),
      integration: z.string(),
      id: z.string(),
      members: z.array(z.string()),
    }),
  ),
});

/** The members that LaunchDarkly holds, each by feed, segment and key. */
export async function membersHeld(site: Site): Promise<ReadonlySet<string>> {
  const { segments } = await site.get("/sandbox/launchdarkly/segments", segmentList);
  const held = new Set<string>();
  for (const { environmentId, integration, id, members } of segments) {
    const feed = FEEDS.find(({ name }) => id.startsWith(`${name}-segment-`));
    // One that no feed writes is held by nobody's right, and is found as such.
    const isOurs = feed && environmentId === ENVIRONMENT_ID && integration === integrationOf(feed.writer);
    for (const member of members)
      held.add(
        isOurs ? identityOf({ feed: feed.name, segment: id, member }) : `${integration} ${id} ${member}`,
      );
  }
  return held;
}

function integrationOf(writer: string): string {
  return writer === "synced" ? "segment-audiences" : writer;
}

const POLL_MS = 500;
const NOTE_EVERY_MS = 15_000;
/** Nothing is in a queue, and still nothing when asked again: a message is in neither count for a moment. */
const CALM_POLLS = 3;

/** Resolves when every queue is empty. @throws when they are not within `patienceMs`. */
export async function untilQueuesAreEmpty(
  site: Site,
  patienceMs: number,
  note: (progress: string) => void,
): Promise<void> {
  const giveUpMs = Date.now() + patienceMs;
  let calm = 0;
  let notedMs = Date.now();
  for (;;) {
    const queues = await queuesOf(site);
    const busy = queues.filter(({ waiting, inFlight }) => waiting + inFlight > 0);
    calm = busy.length === 0 ? calm + 1 : 0;
    if (calm >= CALM_POLLS) return;
    if (Date.now() - notedMs > NOTE_EVERY_MS) {
      notedMs = Date.now();
      note(`in the queues: ${describe(busy)}`);
    }
    if (Date.now() > giveUpMs)
      throw new Error(`queues are not empty after ${patienceMs} ms: ${describe(busy)}`);
    await sleep(POLL_MS);
  }
}

function describe(
  queues: readonly { readonly name: string; readonly waiting: number; readonly inFlight: number }[],
): string {
  return queues.map(({ name, waiting, inFlight }) => `${name} ${waiting} + ${inFlight} in flight`).join(", ");
}
