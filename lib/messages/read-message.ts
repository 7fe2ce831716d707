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
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return { kind: "message", message: parsed.data };
  return { kind: "unreadable", cause: problemsOf(parsed.error) };
}

/** Names paths and expectations and never a value, because operators read the text. */
function problemsOf(error: z.core.$ZodError): string {
  const lines = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "message"}: ${issue.message}`);
  return lines.join("; ").slice(0, 1_000);
}
