import { packFlagChanges } from "../../lib/messages/pack-items.ts";
import { captureEvents } from "../../lib/posthog/capture/transform.ts";
import { type Comparison, type Figure, figureOf, GateError, ratioOf, type Work } from "../scenario.ts";
import { startSink } from "../start-sink.ts";
import { flagChanges } from "../work/flag-changes.ts";
import { CHANGES_QUEUE, connectionsTo, posthogForwarder, recordIn } from "../work/functions.ts";
import { posthogClient } from "../work/posthog-node.ts";
import { chunks, workOnSink } from "../work/sink-work.ts";

const CHANGES = 10_000;
/** More than a client's queue holds. */
const BURST = 20_000;
const ROUNDS = 5;
/** What a webhook that is caught up, or a page of the audit log, brings. */
const PER_MESSAGE = 20;
const APP_URL = "https://app.launchdarkly.com";

export const posthogPath: Comparison = {
  kind: "comparison",
  name: "posthog-path",
  about: `a burst of ${CHANGES.toLocaleString("en-US")} flag changes to PostHog, gzip and HTTP included: ours from queued messages of ${PER_MESSAGE}, posthog-node's from events that are made already`,
  repetitions: 5,
  variants: {
    flagbridge: { prepare: () => onSink(CHANGES) },
    flagbridgeBurst: { prepare: () => onSink(BURST) },
    posthogNode: { needs: "peers", prepare: () => peerOnSink(CHANGES) },
    posthogNodeBurst: { needs: "peers", prepare: () => peerOnSink(BURST) },
  },
  figures: ({ flagbridge, flagbridgeBurst, posthogNode, posthogNodeBurst }): Figure[] => {
    if (!flagbridge || !flagbridgeBurst) throw new RangeError("these variants are always measured");
    const perThousand = (requests = 0) => (requests * 1_000) / (CHANGES * ROUNDS);
    return [
      // 20,000 events a second on one core.
      figureOf("posthog-forwarder", "µs/event", flagbridge.cpuUs, 50),
      {
        label: "posthog-forwarder: requests for 1,000 events",
        value: perThousand(flagbridge.counts.requests),
        unit: "requests",
        atMost: 10,
      },
      {
        label: `posthog-forwarder: lost of a burst of ${BURST.toLocaleString("en-US")}`,
        value: flagbridgeBurst.counts.lost ?? Number.NaN,
        unit: "events",
        atMost: 0,
      },
      ...(posthogNode && posthogNodeBurst
        ? [
            figureOf("posthog-node", "µs/event", posthogNode.cpuUs),
            {
              label: "posthog-node: requests for 1,000 events",
              value: perThousand(posthogNode.counts.requests),
              unit: "requests",
            },
            {
              label: `posthog-node: lost of a burst of ${BURST.toLocaleString("en-US")}`,
              value: posthogNodeBurst.counts.lost ?? 0,
              unit: "events",
            },
            ratioOf("posthog-forwarder / posthog-node", flagbridge, posthogNode, 0.5),
          ]
        : []),
    ];
  },
};

async function onSink(changes: number): Promise<Work> {
  let lost = 0;
  let counted = 0;
  const work = await workOnSink({
    items: changes,
    // A burst is only counted.
    warmUpRounds: changes === CHANGES ? 3 : 0,
    rounds: changes === CHANGES ? ROUNDS : 1,
    path: (base) => {
      const forward = posthogForwarder(connectionsTo(base));
      const acceptedAt = Date.now();
      const records = chunks(flagChanges(0, changes), PER_MESSAGE)
        .flatMap((some) => packFlagChanges({ connection: "changes", acceptedAt, changes: some }))
        .map(recordIn(CHANGES_QUEUE));
      return () => forward(records);
    },
    check: (bodies) => {
      const arrived = new Set(uuidsIn(bodies));
      lost = ownEvents(changes).filter(({ uuid }) => !arrived.has(uuid)).length;
      if (changes === CHANGES && lost > 0) throw new GateError(`${lost} of ${changes} events did not arrive`);
      if (arrived.size > changes) throw new GateError(`${arrived.size} events arrived, not ${changes}`);
    },
  });
  return {
    ...work,
    // As of posthog-node below.
    counts: async () => {
      counted += lost;
      return { ...(await work.counts?.()), lost: counted };
    },
  };
}

/** The same events through PostHog's client, as a program that has made them would send them. */
async function peerOnSink(changes: number): Promise<Work> {
  const sink = await startSink();
  const client = posthogClient(sink.url);
  const events = ownEvents(changes).map(({ uuid, event, distinct_id, timestamp, properties }) => ({
    uuid,
    event,
    distinctId: distinct_id,
    timestamp: new Date(timestamp),
    properties,
  }));
  const round = async () => {
    for (const event of events) client.capture(event);
    await client.flush();
  };
  let lost = 0;
  let counted = 0;
  return {
    items: changes,
    warmUpRounds: changes === CHANGES ? 3 : 0,
    rounds: changes === CHANGES ? ROUNDS : 1,
    gate: async () => {
      sink.keep();
      await round();
      const arrived = new Set(uuidsIn((await sink.take()).bodies)).size;
      lost = changes - arrived;
      if (changes === CHANGES && lost > 0) throw new GateError(`${lost} of ${changes} events did not arrive`);
    },
    round,
    // What was lost is known from the gate; the counts are differences over the timed rounds.
    counts: async () => {
      counted += lost;
      return { requests: await sink.total(), lost: counted };
    },
    stop: () => sink.stop(),
  };
}

function ownEvents(changes: number) {
  const options = {
    eventName: "namespaced",
    perEnvironment: false,
    memberDetails: true,
    groups: {},
  } as const;
  return flagChanges(0, changes).flatMap((change) =>
    captureEvents(change, { options, appUrl: APP_URL, version: "0.0.0" }),
  );
}

function uuidsIn(bodies: readonly string[]): string[] {
  // Ours or the peer's; both call the list `batch` and the id `uuid`.
  return bodies.flatMap((body) =>
    (JSON.parse(body) as { batch: { uuid: string }[] }).batch.map(({ uuid }) => uuid),
  );
}
