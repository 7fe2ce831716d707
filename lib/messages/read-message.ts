import type * as z from "zod";

export type ReadMessage<Message> =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "unreadable"; readonly cause: string };

/** Reads a message that may come from another version, another producer, or a person's hand. Never throws. */
export function readMessage<Schema extends z.ZodType>(
  schema: Schema,
  body: string,
): ReadMessage<z.output<Schema>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { kind: "unreadable", cause: "The message is not JSON." };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "message", message: parsed.data };
  return { kind: "unreadable", cause: problemsOf(parsed.error) };
}

/** Paths and expectations, never values: the text goes where operators read. */
function problemsOf(error: z.ZodError): string {
  const lines = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "message"}: ${issue.message}`);
  return lines.join("; ").slice(0, 1_000);
}
