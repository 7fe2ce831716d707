import * as z from "zod/mini";
import { isObject } from "../json.ts";
import { hasMembers, isCount, isListOf, isText } from "./shape.ts";

const TEXT = "expected a text that is not empty";
const WHOLE = "expected a whole number";
const text = z.string(TEXT).check(z.minLength(1, TEXT));
const MEMBERS = "expected an object with the members of this version and no others";
const count = z.int(WHOLE).check(z.nonnegative(WHOLE));

/**
 * The body of a message on the erasures queue: one person, who is to be taken out of everything that was accepted by `acceptedAt`.
 * One message for each, so that each comes again by itself.
 */
export const erasureRequestMessage = z.strictObject(
  {
    v: z.literal(1, "expected 1"),
    kind: z.literal("erasure.request", "expected erasure.request"),
    connection: text,
    acceptedAt: count,
    /** Of the HTTP request, as API Gateway calls it: its answer has it, and the log. */
    requestId: text,
    /** Which of the request's erasures it is. */
    index: count,
    /** The keys of the one person, under each context kind. */
    contexts: z
      .array(z.strictObject({ kind: text, key: text }, MEMBERS))
      .check(z.minLength(1, "expected at least one")),
  },
  MEMBERS,
);

export type ErasureRequestMessage = z.infer<typeof erasureRequestMessage>;

/** The contexts of one person, whom a request wants erased. */
export type Erasure = {
  readonly contexts: readonly { readonly kind: string; readonly key: string }[];
};

/** Whether {@link erasureRequestMessage} accepts the value. */
export function isErasureRequestMessage(value: unknown): value is ErasureRequestMessage {
  return (
    isObject(value) &&
    value.v === 1 &&
    value.kind === "erasure.request" &&
    isText(value.connection) &&
    isCount(value.acceptedAt) &&
    isText(value.requestId) &&
    isCount(value.index) &&
    isListOf(value.contexts, isContext) &&
    hasMembers(value, 7)
  );
}

function isContext(value: unknown): value is ErasureRequestMessage["contexts"][number] {
  return isObject(value) && isText(value.kind) && isText(value.key) && hasMembers(value, 2);
}

/** By which an operator finds an erasure: the request's id and the place in it. */
export function erasureIdOf({
  requestId,
  index,
}: Pick<ErasureRequestMessage, "requestId" | "index">): string {
  return `${requestId}#${index}`;
}
