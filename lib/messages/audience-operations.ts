import * as z from "zod";
import type { AudienceOperation } from "../audience/operation.ts";
import { isObject } from "../json.ts";
import { hasMembers, isCount, isListOf, isText } from "./shape.ts";

/**
 * The body of a message on the audience-operations queue. Segments are listed once and named by their
 * position: repeated in every operation they would take half of the 60 KB.
 */
export const audienceOperationsMessage = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal("audience.operations"),
    connection: z.string().min(1),
    acceptedAt: z.int().nonnegative(),
    segments: z
      .array(z.strictObject({ id: z.string().min(1), name: z.string().min(1), kind: z.string().min(1) }))
      .min(1),
    operations: z
      .array(
        z.strictObject({
          segment: z.int().nonnegative(),
          key: z.string().min(1),
          action: z.enum(["add", "remove"]),
          at: z.int(),
          index: z.int().nonnegative(),
          id: z.string().min(1),
        }),
      )
      .min(1),
  })
  .refine(({ segments, operations }) => operations.every(({ segment }) => segment < segments.length), {
    path: ["operations"],
    message: "expected every operation to name a segment of the list",
  });

export type AudienceOperationsMessage = z.infer<typeof audienceOperationsMessage>;

/** Whether {@link audienceOperationsMessage} passes it. */
export function isAudienceOperationsMessage(value: unknown): value is AudienceOperationsMessage {
  if (!isObject(value)) return false;
  const { v, kind, connection, acceptedAt, segments, operations } = value;
  return (
    v === 1 &&
    kind === "audience.operations" &&
    isText(connection) &&
    isCount(acceptedAt) &&
    isListOf(segments, isSegment) &&
    isListOf(operations, isOperation) &&
    operations.every(({ segment }) => segment < segments.length) &&
    hasMembers(value, 6)
  );
}

type Segment = AudienceOperationsMessage["segments"][number];
type Operation = AudienceOperationsMessage["operations"][number];

function isSegment(value: unknown): value is Segment {
  return (
    isObject(value) && isText(value.id) && isText(value.name) && isText(value.kind) && hasMembers(value, 3)
  );
}

function isOperation(value: unknown): value is Operation {
  return (
    isObject(value) &&
    isCount(value.segment) &&
    isText(value.key) &&
    (value.action === "add" || value.action === "remove") &&
    Number.isSafeInteger(value.at) &&
    isCount(value.index) &&
    isText(value.id) &&
    hasMembers(value, 6)
  );
}

/** The operations of one message. `acceptedAt` is the receipt time of each: a message never mixes two requests. */
export function operationsOf(message: AudienceOperationsMessage): AudienceOperation[] {
  return message.operations.map((operation) => {
    const segment = message.segments[operation.segment];
    if (!segment)
      throw new RangeError(`operation names segment ${operation.segment} of ${message.segments.length}`);
    return {
      segment: { id: segment.id, name: segment.name },
      contextKind: segment.kind,
      contextKey: operation.key,
      action: operation.action,
      version: [operation.at, message.acceptedAt, operation.index, operation.id],
    };
  });
}
