import { type DestinationQueue, queueNameOf, type SendParcel } from "../../lib/connections/queues.ts";
import type { AudienceOperation } from "../../lib/messages/operation.ts";
import { openPacker } from "../../lib/messages/pack.ts";

/** Sends operations in the order of their lines, many at a time, and knows up to where all of them are in every queue. */
export type Sender = {
  /** Takes one more operation, of a line that is not before that of the last one. A promise says that there is something to wait for. */
  readonly add: (operation: AudienceOperation, line: number) => Promise<void> | undefined;
  /** Sends what is left, and waits for all that is on its way. */
  readonly end: () => Promise<void>;
  /** Waits for what is on its way, without sending more. */
  readonly settle: () => Promise<void>;
  /** Why sending stopped; undefined while it goes on. */
  readonly failure: () => SendFailure | undefined;
  readonly progress: () => SendProgress;
};

export type SendProgress = {
  /** Operations that are in the queue of every destination. */
  readonly sent: number;
  /** Messages that SQS confirmed, over all queues. */
  readonly messages: number;
  /** The first line of which something is not confirmed; undefined when everything that was added is. */
  readonly unconfirmedFrom: number | undefined;
};

/** `code`: SQS's or the network's. */
export type SendFailure = { readonly queue: string; readonly code: string };

export type SenderPorts = {
  readonly send: SendParcel;
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether somebody stopped the run: what is on its way is finished, and nothing is repeated any more. */
  readonly isStopped: () => boolean;
  /** Is told of each operation once every queue has it. */
  readonly onConfirmed?: (operations: readonly AudienceOperation[]) => void;
};

/**
 * What one call of SQS takes: ten messages of at most 60 KB. Eight calls at once keep a link of 1 GB a second busy, and hold some 10 MB.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
const MESSAGES_A_CALL = 10;
const CALLS_AT_ONCE = 8;

/** How long a message is repeated before the run stops. The SDK has repeated each call itself by then. */
const GIVE_UP_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** Another attempt would be answered the same: a person has to do something. */
const HOPELESS =
  /AccessDenied|AuthorizationError|Credentials|ExpiredToken|RequestExpired|InvalidClientToken|InvalidSecurity|TokenProvider|Signature|UnrecognizedClient|NonExistentQueue|QueueDoesNotExist|QueueDeletedRecently|KMS|Kms/;

type Shipment = {
  readonly line: number;
  readonly bodies: string[];
  operations: number;
  readonly members: AudienceOperation[];
};

/** @param from what every message says of where it is from */
export function openSender(
  from: {
    readonly connection: string;
    readonly acceptedAt: number;
    readonly queues: readonly DestinationQueue[];
  },
  ports: SenderPorts,
): Sender {
  const packer = openPacker({ connection: from.connection, acceptedAt: from.acceptedAt });
  const onItsWay = new Map<Shipment, Promise<void>>();
  /** Lines of shipments that could not be sent. */
  let unsentFrom: number | undefined;
  let failure: SendFailure | undefined;
  let sent = 0;
  let messages = 0;
  /** The line of the first operation in the message that is being packed, and what it has. */
  let packing: { line: number; operations: AudienceOperation[] } | undefined;
  let shipment: Shipment | undefined;

  const post = async (shipped: Shipment): Promise<void> => {
    const failures = await Promise.all(
      from.queues.map((queue) =>
        deliver(queue, { connection: from.connection, bodies: shipped.bodies }, ports),
      ),
    );
    for (const { confirmed } of failures) messages += confirmed;
    const failed = failures.find((outcome) => outcome.failure !== undefined)?.failure;
    if (failed === undefined) {
      sent += shipped.operations;
      ports.onConfirmed?.(shipped.members);
      return;
    }
    failure ??= failed;
    unsentFrom = Math.min(unsentFrom ?? shipped.line, shipped.line);
  };
  const ship = async (shipped: Shipment): Promise<void> => {
    const way = post(shipped).finally(() => onItsWay.delete(shipped));
    onItsWay.set(shipped, way);
    while (onItsWay.size >= CALLS_AT_ONCE) await Promise.race(onItsWay.values());
  };
  /** Puts the message that ended into the shipment, which leaves when it is full. */
  const load = (body: string, isLast: "last" | "more"): Promise<void> | undefined => {
    if (!packing) return undefined;
    shipment ??= { line: packing.line, bodies: [], operations: 0, members: [] };
    shipment.bodies.push(body);
    shipment.operations += packing.operations.length;
    if (ports.onConfirmed) shipment.members.push(...packing.operations);
    packing = undefined;
    if (isLast === "more" && shipment.bodies.length < MESSAGES_A_CALL) return undefined;
    const full = shipment;
    shipment = undefined;
    return ship(full);
  };
  const settle = async (): Promise<void> => {
    await Promise.all(onItsWay.values());
  };
  return {
    add: (operation, line) => {
      const body = packer.add(operation);
      const loaded = body === undefined ? undefined : load(body, "more");
      packing ??= { line, operations: [] };
      packing.operations.push(operation);
      return loaded;
    },
    end: async () => {
      const body = packer.end();
      if (body !== undefined) await load(body, "last");
      else if (shipment) await ship(shipment);
      shipment = undefined;
      await settle();
    },
    settle,
    failure: () => failure,
    progress: () => {
      const lines = [
        unsentFrom,
        shipment?.line,
        packing?.line,
        ...[...onItsWay.keys()].map(({ line }) => line),
      ];
      const open = lines.filter((line) => line !== undefined);
      return { sent, messages, unconfirmedFrom: open.length > 0 ? Math.min(...open) : undefined };
    },
  };
}

/** Sends messages to one queue until SQS has confirmed each, or there is no hope. */
async function deliver(
  queue: DestinationQueue,
  { connection, bodies }: { readonly connection: string; readonly bodies: readonly string[] },
  { send, now, sleep, random, isStopped }: SenderPorts,
): Promise<{ readonly confirmed: number; readonly failure?: SendFailure }> {
  const startedMs = now();
  let left = bodies;
  for (let attempt = 0; ; attempt += 1) {
    const outcomes = await send({ queue, connection, bodies: left });
    const codes: string[] = [];
    left = left.filter((_, index) => {
      const outcome = outcomes[index];
      if (outcome?.kind === "confirmed") return false;
      codes.push(outcome?.code ?? "NotAnswered");
      return true;
    });
    const confirmed = bodies.length - left.length;
    const [code] = codes;
    if (code === undefined) return { confirmed };
    const isOver = isStopped() || now() - startedMs >= GIVE_UP_MS || codes.some((one) => HOPELESS.test(one));
    if (isOver) return { confirmed, failure: { queue: queueNameOf(queue), code } };
    await sleep(random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
  }
}
