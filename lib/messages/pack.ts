import { integerBytes, textBytes, toAscii } from "./ascii-json.ts";
import type { AudienceOperationsMessage } from "./audience-operations.ts";
import type { AudienceOperation } from "./operation.ts";

/**
 * The largest message body, in bytes: SQS bills every started 64 KB as one request, and the attributes of a copy in
 * the dead-letter queue need some of it. https://aws.amazon.com/sqs/pricing/
 */
export const MAX_MESSAGE_BYTES = 60_000;

export type PackedRequest = {
  readonly connection: string;
  /** Receipt time of the request, Unix ms: that of every operation in it. */
  readonly acceptedAt: number;
  readonly operations: readonly AudienceOperation[];
};

/**
 * The bodies of as few audience-operations messages as the operations fit into, in order. Where one message ends
 * depends on the operations alone, so an identical retry by the vendor is cut at the same places.
 *
 * Sizes are counted, not measured on JSON: each operation is written once, with its message.
 *
 * @throws {RangeError} when one operation alone is too large, which the sources' limits rule out.
 */
export function packAudienceOperations({ operations, ...from }: PackedRequest): string[] {
  const bodies: string[] = [];
  const packer = openPacker(from);
  for (const operation of operations) {
    const body = packer.add(operation);
    if (body !== undefined) bodies.push(body);
  }
  const last = packer.end();
  if (last !== undefined) bodies.push(last);
  return bodies;
}

/** Packs operations as they come, for more of them than fit into memory: see {@link packAudienceOperations}. */
export type Packer = {
  /**
   * Takes one more operation. Returns the body of the message before it when the operation starts a new one.
   * @throws {RangeError} when it alone is too large
   */
  readonly add: (operation: AudienceOperation) => string | undefined;
  /** Returns the body of the last message; undefined when no operation is in it. The next operation starts a new one. */
  readonly end: () => string | undefined;
};

/** Opens a packer for the operations of one request. */
export function openPacker(from: Omit<PackedRequest, "operations">): Packer {
  let open = emptyMessage(from);
  const end = (): string | undefined => {
    if (open.operations.length === 0) return undefined;
    const body = write(open);
    open = emptyMessage(from);
    return body;
  };
  return {
    end,
    add: (operation) => {
      if (append(open, operation)) return undefined;
      const body = end();
      if (!append(open, operation)) throw new RangeError("one operation is larger than a message");
      return body;
    },
  };
}

/** The receipt time always counts as this much, because one digit more must not move where a message ends. */
const TIME_BYTES = 16;

type Segment = AudienceOperationsMessage["segments"][number];
type Operation = AudienceOperationsMessage["operations"][number];

type OpenMessage = {
  readonly request: Omit<PackedRequest, "operations">;
  readonly segments: Segment[];
  readonly operations: Operation[];
  /** Where each segment stands, by all that tells it apart. */
  readonly positions: Map<string, number>;
  bytes: number;
};

function emptyMessage(request: OpenMessage["request"]): OpenMessage {
  const frame = write({ request: { ...request, acceptedAt: 0 }, segments: [], operations: [] });
  return {
    request,
    segments: [],
    operations: [],
    positions: new Map(),
    bytes: frame.length - 1 + TIME_BYTES,
  };
}

/** Adds the operation, and its segment if that is new; false, and nothing added, when it does not fit. */
function append(open: OpenMessage, operation: AudienceOperation): boolean {
  const { contextKey, contextKind, action, version } = operation;
  const segment: Segment = { id: operation.segment.id, name: operation.segment.name, kind: contextKind };
  const known = positionOf(open, segment);
  const position = known ?? open.segments.length;
  const [at, , index, id] = version;
  const bytes =
    open.bytes + operationBytes(operation, position) + (known === undefined ? segmentBytes(segment) : 0);
  if (bytes > MAX_MESSAGE_BYTES) return false;
  open.bytes = bytes;
  open.operations.push({ segment: position, key: contextKey, action, at, index, id });
  if (known === undefined) {
    open.positions.set(identityOf(segment), position);
    open.segments.push(segment);
  }
  return true;
}

/** Looks at the last segment first, because an audience's operations usually come together. */
function positionOf(open: OpenMessage, segment: Segment): number | undefined {
  const last = open.operations.at(-1)?.segment;
  const candidate = last === undefined ? undefined : open.segments[last];
  const same =
    candidate?.id === segment.id && candidate.name === segment.name && candidate.kind === segment.kind;
  return same ? last : open.positions.get(identityOf(segment));
}

function identityOf({ id, name, kind }: Segment): string {
  return JSON.stringify([id, name, kind]);
}

/** Each is counted with a comma behind it. That is one comma too many for a list, so a message never passes its limit. */
const OPERATION_BYTES = '{"segment":,"key":,"action":"","at":,"index":,"id":},'.length;
const SEGMENT_BYTES = '{"id":,"name":,"kind":},'.length;

/** How many bytes an operation takes in its message, which has its segment at `position`. */
export function operationBytes(
  { contextKey, action, version: [at, , index, id] }: AudienceOperation,
  position: number,
): number {
  return (
    OPERATION_BYTES +
    integerBytes(position) +
    textBytes(contextKey) +
    action.length +
    integerBytes(at) +
    integerBytes(index) +
    textBytes(id)
  );
}

/** How many bytes a segment takes in a message that has operations on it. */
export function segmentBytes({ id, name, kind }: Segment): number {
  return SEGMENT_BYTES + textBytes(id) + textBytes(name) + textBytes(kind);
}

function write({
  request,
  segments,
  operations,
}: Pick<OpenMessage, "request" | "segments" | "operations">): string {
  const { connection, acceptedAt } = request;
  const message: AudienceOperationsMessage = {
    v: 1,
    kind: "audience.operations",
    connection,
    acceptedAt,
    segments,
    operations,
  };
  return toAscii(JSON.stringify(message));
}
