import type { AudienceOperation } from "../audience/operation.ts";
import type { Connection } from "../connections/schema.ts";

/**
 * One vendor's adapter: what its requests mean. Pure. Authentication has happened before; decoding too.
 * To add a source: this type in one file, a row in `sources.ts`, a folder of vectors and a page in docs/sources.
 */
export type Source = {
  /** The integration key of `segment-targets` whose segments this vendor's hosted connector writes. */
  readonly integration: string;
  /** The names `audiences.contextKey` may list for this source, the default first. */
  readonly contextKeys: { readonly known: readonly string[]; readonly default: readonly string[] };
  readonly parse: (request: SourceRequest) => Parsed;
};

export type SourceRequest = {
  readonly body: unknown;
  readonly connection: Connection;
  /** Receipt time, Unix ms. */
  readonly receivedAtMs: number;
  /** Which door it came through: clocks that run ahead are corrected on `tracking` only. */
  readonly route: "tracking" | "connection" | "segment-targets";
  /** The SHA-256 of a raw item, in hex: the id of items whose vendor gives none. */
  readonly digest: (text: string) => string;
};

/** What one request holds. Items that mean nothing to the connection are in neither list. */
export type Parsed =
  | { readonly kind: "understood"; readonly items: number; readonly operations: readonly AudienceOperation[]; readonly rejected: readonly Rejection[] }
  | { readonly kind: "malformed"; readonly message: string };

/** One item that cannot be taken. `message` names the field and what was expected, and never quotes a value. */
export type Rejection = { readonly index: number; readonly code: RejectionCode; readonly message: string };

/** Documented in docs/errors.md. */
export type RejectionCode =
  | "invalid_item"
  | "item_too_large"
  | "missing_context_key"
  | "invalid_context_key"
  | "invalid_context_kind"
  | "invalid_segment"
  | "invalid_timestamp"
  | "unknown_membership";
