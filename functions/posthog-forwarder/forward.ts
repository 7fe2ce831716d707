import type { PosthogSecret } from "../../lib/connections/check-secrets.ts";
import { connectionNamed } from "../../lib/connections/find.ts";
import type { Connections, FlagChangeSettings } from "../../lib/connections/schema.ts";
import { type MessageKind, type QueuedRecord, startBatch } from "../../lib/delivery/batch.ts";
import { type DeliverPorts, deliverLanes } from "../../lib/delivery/deliver-lanes.ts";
import { type Fate, retryWithBackoff, unknownConnection } from "../../lib/delivery/fate.ts";
import { type EventSender, type Lane, startLane } from "../../lib/delivery/lane.ts";
import type { RecordOutcome } from "../../lib/delivery/settle.ts";
import { within } from "../../lib/delivery/time-budget.ts";
import type { SecretPorts } from "../../lib/http/credential.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import {
  type FlagQueueMessage,
  flagQueueMessage,
  isFlagQueueMessage,
} from "../../lib/messages/flag-changes.ts";
import type { Paces } from "../../lib/posthog/annotations/pace.ts";
import type { AnnotationWriter } from "../../lib/posthog/annotations/request.ts";
import { annotationOf } from "../../lib/posthog/annotations/transform.ts";
import {
  type AnnotationLane,
  startAnnotationLane,
  writeAnnotations,
} from "../../lib/posthog/annotations/write.ts";
import type { Era } from "../../lib/posthog/capture/request.ts";
import { REQUEST_LIMITS } from "../../lib/posthog/capture/request.ts";
import { captureEvents } from "../../lib/posthog/capture/transform.ts";
import type { Invocation } from "../settle-records.ts";
import { appUrlOf, projectsOf } from "./destinations.ts";
import { startOwedAnnotations } from "./owed-annotations.ts";

export type ForwardPorts = Omit<DeliverPorts, "settle"> & {
  readonly connections: Connections;
  readonly senderTo: (project: string, era: Era) => EventSender;
  readonly annotatorOf: (project: string) => AnnotationWriter;
  /** Puts messages on the queue that this function consumes; answers one by one whether it has them. */
  readonly queueAnnotations: (bodies: readonly string[]) => Promise<readonly boolean[]>;
  readonly now: () => number;
  readonly version: string;
};

/** A message and what its connection says of it. */
type Task = {
  readonly message: FlagQueueMessage;
  readonly firstItem: number;
  readonly options: FlagChangeSettings;
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
  readonly queueAnnotations: ForwardPorts["queueAnnotations"];
  /** Unix ms. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly version: string;
};

/** Annotations may wait, events may not: so long after an invocation began it starts no more requests for them. */
const ANNOTATIONS_MS = 20_000;

/** The function's work: what it knows of limits it keeps from one invocation to the next. */
export function posthogForwarder(ports: PosthogForwarderPorts) {
  const { connections, secrets, queueAnnotations, now, random, timeoutMs, version } = ports;
  const limits = noLimits();
  const paces: Paces = new Map();
  return (records: readonly QueuedRecord[], { http, budget }: Pick<Invocation, "http" | "budget">) => {
    const projects = { http, now, secrets, limits, paces, timeoutMs, version };
    const { senderTo } = projectsOf(connections, { ...projects, budget });
    const { annotatorOf } = projectsOf(connections, {
      ...projects,
      budget: within(budget, { untilMs: now() + ANNOTATIONS_MS, now }),
    });
    const deliveryMs = timeoutMs;
    return forward(records, {
      connections,
      senderTo,
      annotatorOf,
      queueAnnotations,
      budget,
      deliveryMs,
      now,
      random,
      version,
    });
  };
}

/**
 * Brings every change in a batch of records to PostHog, each once, and says what became of it. Events first; what is to
 * be annotated of them goes back to the queue in messages of its own; then the annotations that such messages ask for.
 */
export async function forward(
  records: readonly QueuedRecord[],
  ports: ForwardPorts,
): Promise<RecordOutcome[]> {
  const { connections, version } = ports;
  const lanes = new Map<string, Lane>();
  const annotations = new Map<string, AnnotationLane>();
  const owed = startOwedAnnotations();
  const batch = startBatch(messages);

  const take: { readonly [Kind in FlagQueueMessage["kind"]]: (task: Task) => void } = {
    "flag.change": ({ message, firstItem, options, appUrl }) => {
      const era = message.isHistorical ? "historical" : "current";
      const settings = { options, appUrl, version };
      const adders = options.to.map((project) => {
        const name = `${era} ${project}`;
        const lane = lanes.get(name) ?? startLane(ports.senderTo(project, era), REQUEST_LIMITS);
        lanes.set(name, lane);
        return lane.startMessage(message.changes.length);
      });
      for (const [offset, change] of message.changes.entries()) {
        const item = firstItem + offset;
        if (options.annotations) owed.add(originOf(message), change, item);
        for (const event of captureEvents(change, settings)) {
          const json = JSON.stringify(event);
          for (const add of adders) add(event.uuid, json, item);
        }
      }
    },
    "flag.annotation": ({ message, firstItem, options, appUrl }) => {
      for (const [offset, change] of message.changes.entries()) {
        const item = firstItem + offset;
        if (!options.annotations) batch.settle(item, annotationsOff);
        else
          for (const project of options.to) {
            const lane = annotations.get(project) ?? startAnnotationLane(ports.annotatorOf(project));
            annotations.set(project, lane);
            lane.add(annotationOf(change, { ...options, appUrl }), item);
          }
      }
    },
  };

  batch.read(records, (message, firstItem) => {
    const connection = connectionNamed(connections, message.connection);
    if (connection?.posthog)
      take[message.kind]({
        message,
        firstItem,
        options: connection.posthog,
        appUrl: appUrlOf(connections, connection),
      });
    else for (const offset of message.changes.keys()) batch.settle(firstItem + offset, unknownConnection);
  });
  await deliverLanes(lanes.values(), {
    ...ports,
    settle: (item, fate) => {
      batch.settle(item, fate);
      if (fate.kind !== "delivered") owed.forget(item);
    },
  });
  for (const item of await owed.handOver(ports.queueAnnotations)) batch.settle(item, annotationNotQueued);
  await writeAnnotations(annotations.values(), batch.settle);
  return batch.outcomes(ports.now());
}

function originOf({ connection, acceptedAt, isHistorical }: FlagQueueMessage) {
  return { connection, acceptedAt, ...(isHistorical && { isHistorical }) };
}

const annotationsOff: Fate = { kind: "dropped", reason: "annotations-off" };

/** The event is sent again with it, and is the same event. */
const annotationNotQueued = retryWithBackoff("annotation-not-queued");
