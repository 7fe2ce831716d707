import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import type { AudienceOperation } from "../../lib/messages/operation.ts";
import { contextKeyOf } from "../../lib/sources/context.ts";
import { flagbridge } from "../../lib/sources/flagbridge.ts";
import { fitsBytes, MAX_CONTEXT_KEY_BYTES } from "../../lib/sources/limits.ts";
import type { SourceRequest } from "../../lib/sources/source.ts";
import { type RefusedRow, type Row, refused } from "./row.ts";
import type { BackfillSettings } from "./settings.ts";

/** What a row means. */
export type RowMeaning = { readonly kind: "operation"; readonly operation: AudienceOperation } | RefusedRow;

/**
 * Reads rows by the rules that ingest has for its requests. An operation's version is made of the times, the line and `runId`, so that
 * the same row of the same file is the same operation whenever it is sent.
 * @param runId tells the operations of this file from those of another; the same whenever the file is read again
 */
export function rowReader(
  settings: BackfillSettings,
  { runId, digest }: { readonly runId: string; readonly digest: (text: string) => string },
): (row: Row) => RowMeaning {
  const { segment, contextKind, action, atMs, acceptedAtMs } = settings;
  const read = ownFormat(settings, digest);
  return (row) => {
    switch (row.kind) {
      case "refused":
        return row;
      case "key": {
        const { line, key, raw } = row;
        const missing = key === "" || key === null || key === undefined;
        if (missing) return refused(line, raw, MISSING_KEY);
        const contextKey = contextKeyOf(key, "key");
        if (typeof contextKey !== "string") {
          const { code, expected } = contextKey;
          const isTooLong = typeof key === "string" && !fitsBytes(key, MAX_CONTEXT_KEY_BYTES);
          return refused(line, raw, {
            code,
            message: `key: ${expected}`,
            means: isTooLong ? "nobody" : "somebody",
          });
        }
        const version = [atMs, acceptedAtMs, line, runId] as const;
        return { kind: "operation", operation: { segment, contextKind, contextKey, action, version } };
      }
      case "operation":
        return read(row);
    }
  };
}

const MISSING_KEY = {
  code: "missing_context_key",
  message: "key: expected a text that is not empty",
  means: "nobody",
} as const;

/** Reads a line in Flagbridge's own format. What it does not say is as the options say. */
function ownFormat(
  settings: BackfillSettings,
  digest: (text: string) => string,
): (row: Extract<Row, { kind: "operation" }>) => RowMeaning {
  const { segment, contextKind, action, atMs, acceptedAtMs, connection } = settings;
  const { audiences, source } = connection;
  // The parser takes the integration of its own source where the connection names none.
  const integration = audiences.integration ?? SOURCE_TRAITS[source].integration;
  const request: Omit<SourceRequest, "body" | "bodyBytes"> = {
    connection: { ...connection, audiences: { ...audiences, ...(integration && { integration }) } },
    // An export has no changes from after it was taken: a time beyond it is that of a clock that runs ahead.
    receivedAtMs: atMs,
    route: "connection",
    digest,
  };
  const defaults = { segment, contextKind, action };
  return ({ line, item, raw }) => {
    const parsed = flagbridge.parse({
      ...request,
      body: { audienceOperations: [{ ...defaults, ...item }] },
      bodyBytes: raw.length,
    });
    if (parsed.kind === "malformed")
      return refused(line, raw, { code: "invalid_item", message: parsed.message, means: "somebody" });
    const [operation] = parsed.operations;
    if (operation) {
      const [ownMs, , , id] = operation.version;
      return { kind: "operation", operation: { ...operation, version: [ownMs, acceptedAtMs, line, id] } };
    }
    const [rejection] = parsed.rejected;
    const message =
      rejection?.message.replace("audienceOperations[0].", "") ?? "expected an audience operation";
    const code = rejection?.code ?? "invalid_item";
    return refused(line, raw, {
      code,
      message,
      means: code === "missing_context_key" ? "nobody" : "somebody",
    });
  };
}
