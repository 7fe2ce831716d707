import type { AudienceOperation } from "./operation.ts";
import { operationBytes, segmentBytes } from "./pack.ts";

/**
 * The most bytes of messages that one request may become. A body of 4 MB that writes out every operation becomes
 * a third of that. Only a body that is multiplied, such as a few long keys for many audiences, becomes more, and would
 * fill the function's memory.
 */
export const MAX_QUEUED_BYTES = 32 * 1_024 * 1_024;

/** Whether the messages of these operations stay within `maxBytes`: known without writing any. */
export function fitQueue(
  operations: readonly AudienceOperation[],
  maxBytes: number = MAX_QUEUED_BYTES,
): boolean {
  return upperBound(operations) <= maxBytes || countedBytes(operations, maxBytes) <= maxBytes;
}

/**
 * A bound that only needs additions: nearly every request is far below the limit. A UTF-16 unit takes at most six bytes,
 * as `\u00e9` does.
 */
function upperBound(operations: readonly AudienceOperation[]): number {
  let units = 0;
  for (const { segment, contextKey, version } of operations)
    units += segment.id.length + segment.name.length + contextKey.length + version[3].length;
  return operations.length * FIXED_BYTES + 6 * units;
}

/** More than field names, numbers, the action and the context kind of an operation and its segment take together. */
const FIXED_BYTES = 400;

/** Counts a segment wherever it is not that of the operation before: a little more than the messages will take. */
function countedBytes(operations: readonly AudienceOperation[], maxBytes: number): number {
  let bytes = 0;
  let before: AudienceOperation | undefined;
  for (const [index, operation] of operations.entries()) {
    bytes += operationBytes(operation, index);
    if (!isOfSameSegment(before, operation))
      bytes += segmentBytes({ ...operation.segment, kind: operation.contextKind });
    // The operations that follow can only add to it.
    if (bytes > maxBytes) return bytes;
    before = operation;
  }
  return bytes;
}

function isOfSameSegment(one: AudienceOperation | undefined, other: AudienceOperation): boolean {
  return (
    one?.segment.id === other.segment.id &&
    one.segment.name === other.segment.name &&
    one.contextKind === other.contextKind
  );
}
