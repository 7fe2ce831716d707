import type { SQSRecord } from "aws-lambda";
import type * as z from "zod";
import {
  type AudienceOperationsMessage,
  audienceOperationsMessage,
} from "../../lib/messages/audience-operations.ts";

export type ReadRecord =
  | { readonly kind: "message"; readonly message: AudienceOperationsMessage }
  | { readonly kind: "unreadable"; readonly cause: string };

/** Reads a message that may come from another version, another producer, or a person's hand. Never throws. */
export function readRecord(record: Pick<SQSRecord, "body">): ReadRecord {
  let value: unknown;
  try {
    value = JSON.parse(record.body);
  } catch {
    return { kind: "unreadable", cause: "The message is not JSON." };
  }
  const parsed = audienceOperationsMessage.safeParse(value);
  if (!parsed.success) return { kind: "unreadable", cause: problemsOf(parsed.error) };
  return { kind: "message", message: parsed.data };
}

/** Paths and expectations, never values: the text goes where operators read. */
function problemsOf(error: z.ZodError): string {
  const lines = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "message"}: ${issue.message}`);
  return lines.join("; ").slice(0, 1_000);
}
