import * as z from "zod";
import type { AudienceOperation } from "../audience/operation.ts";

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
