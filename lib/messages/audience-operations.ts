import * as z from "zod/mini";
import { isObject } from "../json.ts";
import type { AudienceOperation } from "./operation.ts";
import { hasMembers, isCount, isListOf, isText } from "./shape.ts";

const TEXT = "expected a text that is not empty";
const WHOLE = "expected a whole number";
const text = z.string(TEXT).check(z.minLength(1, TEXT));
const MEMBERS = "expected an object with the members of this version and no others";
const count = z.int(WHOLE).check(z.nonnegative(WHOLE));

/**
 * The body of a message on the audience-operations queue. Segments are listed once, and operations name them by
 * their position: repeated in every operation, segments would take half of the 60 KB.
 */
export const audienceOperationsMessage = z
  .strictObject(
    {
      v: z.literal(1, "expected 1"),
      kind: z.literal("audience.operations", "expected audience.operations"),
      connection: text,
      acceptedAt: count,
      segments: z
        .array(z.strictObject({ id: text, name: text, kind: text }, MEMBERS))
        .check(z.minLength(1, "expected at least one")),
      operations: z
        .array(
          z.strictObject(
            {
              segment: count,
              key: text,
              action: z.enum(["add", "remove"], "expected add or remove"),
              at: z.int(WHOLE),
              index: count,
              id: text,
            },
            MEMBERS,
          ),
        )
        .check(z.minLength(1, "expected at least one")),
    },
    MEMBERS,
  )
  .check(
    z.refine(({ segments, operations }) => operations.every(({ segment }) => segment < segments.length), {
      path: ["operations"],
      message: "expected every operation to name a segment of the list",
    }),
  );

export type AudienceOperationsMessage = z.infer<typeof audienceOperationsMessage>;

/** Whether {@link audienceOperationsMessage} accepts the value. */
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
