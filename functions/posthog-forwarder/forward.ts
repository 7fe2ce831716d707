import type { PosthogSecret } from "../../lib/connections/destination-secrets.ts";
import { connectionNamed } from "../../lib/connections/find.ts";
import { type DestinationQueue, queueNameOf, type SendParcel } from "../../lib/connections/queues.ts";
import type { Connections, FlagChangeSettings } from "../../lib/connections/schema.ts";
import { type MessageKind, startBatch } from "../../lib/delivery/batch.ts";
import { unlessClosed } from "../../lib/delivery/closed-batch.ts";
import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import { type DeliverPorts, deliverLanes } from "../../lib/delivery/deliver-lanes.ts";
import { type Fate, unknownConnection, unknownDestination } from "../../lib/delivery/fate.ts";
import { madeOf, notUnicode } from "../../lib/delivery/item-step.ts";
import { type Lane, startLane } from "../../lib/delivery/lane.ts";
import type { RecordOutcome } from "../../lib/delivery/settle.ts";
import { confirmedBy } from "../../lib/delivery/settle-queues.ts";
import { type SplitBudgets, splitBudgetOf } from "../../lib/delivery/split-budget.ts";
import { within } from "../../lib/delivery/time-budget.ts";
import { noBreakers } from "../../lib/http/breaker.ts";
import type { SecretPorts } from "../../lib/http/credential.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import {
  type FlagQueueMessage,
  flagQueueMessage,
  isFlagQueueMessage,
} from "../../lib/messages/flag-changes.ts";
import { EVENTS } from "../../lib/observability/fields.ts";
import { type Log, noteFaultsIn } from "../../lib/observability/log.ts";
import type { Paces } from "../../lib/posthog/annotations/pace.ts";
import { annotationOf, markerFault } from "../../lib/posthog/annotations/transform.ts";
import { type AnnotationLane, startAnnotationLane } from "../../lib/posthog/annotations/write.ts";
import type { Era } from "../../lib/posthog/capture/request.ts";
import { REQUEST_LIMITS } from "../../lib/posthog/capture/request.ts";
import { captureEvents } from "../../lib/posthog/capture/transform.ts";
import type { Invocation } from "../settle-records.ts";
import { appUrlOf, type ProjectRoute, type ProjectTo, projectTo } from "./destinations.ts";
import { type QueueAnnotations, startOwedAnnotations } from "./owed-annotations.ts";

export type ForwardPorts = Omit<DeliverPorts, "settle"> & {
  readonly connections: Connections;
  readonly to: ProjectTo;
  readonly queueAnnotations: QueueAnnotations;
  readonly now: () => number;
  readonly version: string;
};

/** A message and what its connection says of it. */
type Task = {
  readonly message: FlagQueueMessage;
  readonly firstItem: number;
  readonly options: FlagChangeSettings;
  readonly route: ProjectRoute;
  readonly appUrl: string;
};

const messages: MessageKind<FlagQueueMessage> = {
  schema: flagQueueMessage,
  isRight: isFlagQueueMessage,
  countItems: ({ changes }) => changes.length,
  // How late annotations and a backfill are says nothing of how late events are.
  timesOf: ({ kind, isHistorical, changes }) =>
    kind === "flag.annotation" || isHistorical ? [] : changes.map(({ at }) => at),
  withItems: (message, kept) => ({
    ...message,
    changes: kept.flatMap((item) => message.changes[item] ?? []),
  }),
};

export type PosthogForwarderPorts = {
  readonly connections: Connections;
  readonly secrets: SecretPorts<PosthogSecret>;
  readonly send: SendParcel;
  /** Unix ms. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly version: string;
  readonly log: Log;
};

/** Annotations may wait, events may not: so long after an invocation began it starts no more requests for them. */
const ANNOTATIONS_MS = 20_000;

/** The work of the function. It remembers limits, closed projects and searches from one invocation to the next. */
export function posthogForwarder(ports: PosthogForwarderPorts) {
  const { connections, secrets, send, now, random, timeoutMs, version, log } = ports;
  const limits = noLimits();
  const noteFault = noteFaultsIn(log);
  const breakers = noBreakers();
  const budgets: SplitBudgets = new Map();
  const paces: Paces = new Map();
  return async (
    records: readonly QueuedRecord[],
    { destination, http, budget }: Pick<Invocation, "destination" | "http" | "budget">,
  ) => {
    const annotationBudget = within(budget, { untilMs: now() + ANNOTATIONS_MS, now });
    const to = projectTo(destination, connections, {
      http,
      now,
      secrets,
      limits,
      breakers,
      paces,
      timeoutMs,
      version,
      annotationBudget,
    });
    const queue = { kind: "flag-changes", destination } satisfies DestinationQueue;
    const queueAnnotations: QueueAnnotations = async (connection, bodies) =>
      confirmedBy(await send({ queue, connection, bodies }), (unconfirmed) =>
        log.error(EVENTS.queueRefused, { queue: queueNameOf(queue), ...unconfirmed }),
      );
    const ports = {
      connections,
      to,
      queueAnnotations,
      budget,
      deliveryMs: timeoutMs,
      now,
      random,
      splits: splitBudgetOf(budgets, destination, now),
      noteFault,
      version,
    };
    return unlessClosed(records, {
      closedNow: to.closedNow,
      now,
      work: (some) => forward(some, ports),
    });
  };
}

/**
 * Brings every change in a batch of records to its PostHog project, each once, and says what became of it. Events first; what is to
 * be annotated of them goes back to the queue in messages of its own; then the annotations that such messages ask for.
 */
export async function forward(
  records: readonly QueuedRecord[],
  ports: ForwardPorts,
): Promise<RecordOutcome[]> {
  const { connections, to, queueAnnotations, budget, deliveryMs, now, random, splits, noteFault, version } =
    ports;
  const lanes = new Map<Era, Lane>();
  const held: { annotations?: AnnotationLane } = {};
  const owed = startOwedAnnotations();
  const batch = startBatch(messages, noteFault);

  const take: { readonly [Kind in FlagQueueMessage["kind"]]: (task: Task) => void } = {
    "flag.change": ({ message, firstItem, options, route, appUrl }) => {
      const era = message.isHistorical ? "historical" : "current";
      const settings = { options, appUrl, version };
      const lane = lanes.get(era) ?? startLane(route.senderOf(era), REQUEST_LIMITS);
      lanes.set(era, lane);
      const add = lane.startMessage(message.changes.length, message.connection);
      for (const [offset, change] of message.changes.entries()) {
        const item = firstItem + offset;
        if (!change.id.isWellFormed()) {
          batch.settle(item, idNotUnicode);
          continue;
        }
        const events = madeOf(() =>
          captureEvents(change, settings).map((event) => ({ id: event.uuid, json: JSON.stringify(event) })),
        );
        if (events.kind === "unmade") {
          batch.settle(item, events.fate);
          continue;
        }
        if (options.annotations) owed.add(originOf(message), change, item);
        for (const { id, json } of events.value) add(id, json, item);
      }
    },
    "flag.annotation": ({ message, firstItem, options, route, appUrl }) => {
      for (const [offset, change] of message.changes.entries()) {
        const item = firstItem + offset;
        if (!options.annotations) {
          batch.settle(item, annotationsOff);
          continue;
        }
        const fault = change.id.isWellFormed() ? markerFault(change) : idNotUnicode;
        const made = fault
          ? { kind: "unmade" as const, fate: fault }
          : madeOf(() => annotationOf(change, { ...options, appUrl }));
        if (made.kind === "unmade") batch.settle(item, made.fate);
        else {
          held.annotations ??= startAnnotationLane(route.annotator());
          held.annotations.add(made.value, item);
        }
      }
    },
  };

  batch.read(records, (message, firstItem) => {
    const connection = connectionNamed(connections, message.connection);
    const options = connection?.posthog;
    if (connection && options && to.route)
      take[message.kind]({
        message,
        firstItem,
        options,
        route: to.route,
        appUrl: appUrlOf(connections, connection),
      });
    else {
      const fate = options ? unknownDestination(to.destination) : unknownConnection;
      for (const offset of message.changes.keys()) batch.settle(firstItem + offset, fate);
    }
  });
  await deliverLanes(lanes.values(), {
    settle: (item, fate) => {
      batch.settle(item, fate);
      if (fate.kind !== "delivered") owed.forget(item);
    },
    budget,
    deliveryMs,
    random,
    splits,
    noteFault,
  });
  await owed.handOver(queueAnnotations, batch.settle);
  await held.annotations?.write(batch.settle, noteFault);
  return batch.outcomes(now());
}

function originOf({ connection, acceptedAt, isHistorical }: FlagQueueMessage) {
  return { connection, acceptedAt, ...(isHistorical && { isHistorical }) };
}

const annotationsOff: Fate = { kind: "dropped", reason: "annotations-off" };

/** Its event's id and its annotation's marker are made of it, and another change's could be the same. */
const idNotUnicode = notUnicode("id");
