import type { Json } from "../../lib/json.ts";
import type { RejectionCode } from "../../lib/sources/source.ts";

/** One row of the file. `line` is the line of the file on which it begins, from 1. */
export type Row =
  | { readonly kind: "key"; readonly line: number; readonly key: unknown; readonly raw: Buffer }
  /** One audience operation in Flagbridge's own format. */
  | { readonly kind: "operation"; readonly line: number; readonly item: Json; readonly raw: Buffer }
  | RefusedRow;

/** A row that cannot be sent. `message` quotes nothing of it. */
export type RefusedRow = {
  readonly kind: "refused";
  readonly line: number;
  readonly code: RejectionCode;
  readonly message: string;
  /**
   * `nobody`: no member of a segment can be meant (the key is empty, or longer than any). `somebody`: the row means a member,
   * and which one cannot be told.
   */
  readonly means: "nobody" | "somebody";
  /** The row as it stands in the file, in UTF-8. */
  readonly raw: Buffer;
};

/** The rows of a file, as many at a time as one read gives. */
export type Rows = AsyncGenerator<readonly Row[], void, undefined>;

/** The largest row. It has to be read into memory, and nobody's key is in such a row. */
export const MAX_ROW_BYTES = 1_048_576;

export function refused(
  line: number,
  raw: Buffer,
  fault: Pick<RefusedRow, "code" | "message" | "means">,
): RefusedRow {
  const { code, message, means } = fault;
  return { kind: "refused", line, code, message, means, raw };
}

/** Says that a row is not what its format wants, so that it cannot be told whom it means. */
export function unreadable(line: number, raw: Buffer, message: string): RefusedRow {
  return refused(line, raw, { code: "invalid_item", message, means: "somebody" });
}

/** Says that a row is larger than {@link MAX_ROW_BYTES}. */
export function tooLarge(line: number, raw: Buffer): RefusedRow {
  const message = `expected a row of at most ${MAX_ROW_BYTES} bytes`;
  return refused(line, raw, { code: "item_too_large", message, means: "somebody" });
}
