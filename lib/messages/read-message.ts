import * as z from "zod/mini";

export type ReadMessage<Message> =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "unreadable"; readonly cause: string };

/** What a message has to be: `isRight` says whether a message is right, `schema` says what is wrong with it. */
export type MessageShape<Message> = {
  readonly schema: z.core.$ZodType<Message>;
  /** Without it every message goes through the schema, which takes longer. */
  readonly isRight?: (value: unknown) => value is Message;
};

/** Reads a message that may come from another version, another producer, or a person's hand. Never throws. */
export function readMessage<Message>(
  { schema, isRight }: MessageShape<Message>,
  body: string,
): ReadMessage<Message> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { kind: "unreadable", cause: "The message is not JSON." };
  }
  if (isRight?.(value)) return { kind: "message", message: value };
  const parsed = checked(schema, value);
  if (parsed === "too-wrong")
    return { kind: "unreadable", cause: "The message has too many problems to name." };
  if (parsed.success) return { kind: "message", message: parsed.data };
  return { kind: "unreadable", cause: problemsOf(parsed.error) };
}

/** The parser collects every problem of a list as arguments of one call: those of some hundred thousand items overflow the stack. */
function checked<Message>(schema: z.core.$ZodType<Message>, value: unknown) {
  try {
    return z.safeParse(schema, value);
  } catch (error) {
    if (error instanceof RangeError) return "too-wrong";
    throw error;
  }
}

/** Names paths and expectations and never a value, because operators read the text. */
function problemsOf(error: z.core.$ZodError): string {
  const lines = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "message"}: ${issue.message}`);
  return lines.join("; ").slice(0, 1_000);
}
