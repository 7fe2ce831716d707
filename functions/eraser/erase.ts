import type { HoldCalls } from "../../lib/audience/doubt-entries.ts";
import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";
import { DEAD_LETTERS, destinationQueues, queueNameOf } from "../../lib/connections/queues.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { type MessageKind, startBatch } from "../../lib/delivery/batch.ts";
import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import { type NoteFault, retryWithBackoff } from "../../lib/delivery/fate.ts";
import type { RecordOutcome } from "../../lib/delivery/settle.ts";
import type { WalkCalls } from "../../lib/delivery/walk-queue.ts";
import { noBreakers } from "../../lib/http/breaker.ts";
import type { SecretPorts } from "../../lib/http/credential.ts";
import { launchdarklyClients } from "../../lib/launchdarkly/membership/clients.ts";
import { openEnvironmentMembers } from "../../lib/launchdarkly/membership/environment-members.ts";
import {
  type LookAtSegment,
  openMembership,
  unlooked,
} from "../../lib/launchdarkly/membership/membership.ts";
import {
  type ErasureRequestMessage,
  erasureRequestMessage,
  isErasureRequestMessage,
} from "../../lib/messages/erasure-request.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { type Log, noteFaultsIn } from "../../lib/observability/log.ts";
import type { Invocation } from "../settle-records.ts";
import { type EraseOnePorts, erasePeople } from "./erase-people.ts";
import { fateOf, receiptOf } from "./receipt.ts";

const requests: MessageKind<ErasureRequestMessage> = {
  schema: erasureRequestMessage,
  isRight: isErasureRequestMessage,
  countItems: () => 1,
  timesOf: ({ acceptedAt }) => [acceptedAt],
  withItems: (message) => message,
};

export type EraserPorts = Pick<EraseOnePorts, "sendToQueue" | "countQueue"> & {
  readonly connections: Connections;
  readonly secrets: SecretPorts<{ readonly accessToken: string }>;
  readonly ledger: Pick<LedgerListing, "scan" | "entries">;
  readonly holds: HoldCalls;
  readonly walkCalls: WalkCalls;
  /** What stands before the name of every queue in its URL. */
  readonly queueUrlPrefix: string;
  /** How long a request to LaunchDarkly may take. */
  readonly timeoutMs: number;
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly userAgent: string;
  readonly log: Log;
};

/** The work of the function. It remembers environments that do not answer from one invocation to the next. */
export function eraser(ports: EraserPorts) {
  const { connections, log, now } = ports;
  const queues = sweptQueues(ports);
  const breakers = noBreakers();
  const noteFault = noteFaultsIn(log);
  return async (
    records: readonly QueuedRecord[],
    { http, budget }: Pick<Invocation, "http" | "budget">,
  ): Promise<RecordOutcome[]> => {
    const batch = startBatch(requests, noteFault);
    const read: { readonly request: ErasureRequestMessage; readonly item: number }[] = [];
    batch.read(records, (request, item) => void read.push({ request, item }));
    const isStopped = () => !budget.allows(ports.timeoutMs);
    const clientOf = launchdarklyClients(connections, {
      readSecrets: ports.secrets.readSecrets,
      noteProblem: ports.secrets.onProblem,
      http,
      now,
      userAgent: ports.userAgent,
      timeoutMs: ports.timeoutMs,
      breakers,
    });
    // Whoever has to wait longer comes again: the others of the batch are not held up by it.
    const patience = { now, sleep: ports.sleep, longestWaitMs: ports.timeoutMs };
    const askEnvironment = openEnvironmentMembers({ clientOf, patience });
    const { ledger, holds, sendToQueue, countQueue, walkCalls: letterCalls, sleep } = ports;
    const attempts = await erasedInTime(
      read.map(({ request }) => request),
      noteFault,
      {
        ...{ connections, ledger, holds, sendToQueue, countQueue, letterCalls, now, sleep, isStopped },
        bundle: { queues, connections },
        look: whileThereIsTime(openMembership({ clientOf, patience }), isStopped),
        askEnvironment: async (...asked) => (isStopped() ? undefined : askEnvironment(...asked)),
        onRead: () => {
          if (isStopped()) throw new OutOfTimeError("the ledger was not read to its end");
        },
      },
    );
    for (const [at, { item }] of read.entries()) {
      if (attempts === "out-of-time") batch.settle(item, outOfTime);
      const attempt = typeof attempts === "string" ? undefined : attempts[at];
      // Without a fate it is a fault of ours, and comes again.
      if (!attempt) continue;
      const receipt = receiptOf(attempt, now());
      log.info(receipt.isDone ? EVENTS.erasureDone : EVENTS.erasurePutBack, receipt.fields);
      batch.settle(item, fateOf(receipt, attempt, now()));
    }
    return batch.outcomes(now());
  };
}

class OutOfTimeError extends Error {
  override readonly name = "OutOfTimeError";
}

/** A failure, as it would be one that goes on for 12 days: the function's timeout is too short for the ledger. */
const outOfTime = retryWithBackoff("erasure-out-of-time");

async function erasedInTime(
  people: readonly ErasureRequestMessage[],
  noteFault: NoteFault,
  ports: EraseOnePorts,
) {
  if (people.length === 0) return [];
  try {
    return await erasePeople(people, ports);
  } catch (error) {
    if (error instanceof OutOfTimeError) return "out-of-time";
    noteFault("erasures", error);
    return "failed";
  }
}

/** Every queue of the bundle that may name a person. */
function sweptQueues({
  connections,
  queueUrlPrefix,
}: Pick<EraserPorts, "connections" | "queueUrlPrefix">): EraseOnePorts["bundle"]["queues"] {
  return destinationQueues(connections)
    .filter(({ kind }) => kind === "audience-operations" || kind === "metric-events")
    .map((queue) => {
      const url = `${queueUrlPrefix}${queueNameOf(queue)}`;
      return { ...queue, url, deadLetters: { url: `${url}${DEAD_LETTERS}` } };
    });
}

/** Once time is short, LaunchDarkly is not asked any more. */
function whileThereIsTime(look: LookAtSegment, isStopped: () => boolean): LookAtSegment {
  const unread = unlooked("out-of-time");
  return async (place) => {
    if (isStopped()) return unread;
    const looked = await look(place);
    return {
      ...looked,
      memberOf: async (person) => (isStopped() ? unread : looked).memberOf(person),
    };
  };
}
