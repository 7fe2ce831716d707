import type { Connection } from "../connections/schema.ts";
import type { FlagChange } from "../messages/flag-changes.ts";
import type { MetricEvent } from "../messages/metric-events.ts";
import type { AudienceOperation } from "../messages/operation.ts";

/**
 * One vendor's adapter: what its requests mean. Pure. Authentication has happened before; decoding too.
 * To add a source: this type in one file, a row in `sources.ts` and in `lib/connections/source-traits.ts`, a folder of
 * vectors and a page in docs/sources.
 */
export type Source = {
  /** The JSON text in a body of `/c/…` that is no JSON itself; undefined when there is none in it. */
  readonly jsonOf?: (body: string) => string | undefined;
  /**
   * True where `parse` also reads what the vendor's hosted connector sends to LaunchDarkly's `segment-targets`;
   * otherwise the table of `segment-targets.ts` does.
   */
  readonly readsSegmentTargets?: true;
  readonly parse: (request: SourceRequest) => Parsed;
  /**
   * Whether a signed body can only be that of one request, because everything in it has an id or a time of its own:
   * coming twice, it is a repetition. Absent where the signature itself says so.
   */
  readonly isBodyOfOneRequest?: (body: unknown) => boolean;
  /** The bodies that the vendor expects; ours where it expects none. */
  readonly answers?: VendorAnswers;
};

/** The vendor's own shapes of an answer. Status and code stay ours. */
export type VendorAnswers = {
  readonly taken: (request: {
    readonly body: unknown;
    readonly connection: Connection;
    readonly receivedAtMs: number;
    readonly requestId: string;
  }) => object;
  /** Absent where the vendor looks at the status alone. `body` is undefined where none could be read. */
  readonly refused?: (
    request: { readonly body: unknown },
    refusal: {
      readonly status: number;
      readonly code: string;
      readonly message: string;
      readonly requestId: string;
    },
  ) => object;
  /** Requests that the vendor sends before it has a key: nothing of them is taken, and anyone may have the answer. */
  readonly isForAnyone?: (body: unknown) => boolean;
};

export type SourceRequest = {
  readonly body: unknown;
  /** Size of the inflated body: no item of a small one needs measuring. */
  readonly bodyBytes: number;
  readonly connection: Connection;
  /** Receipt time, Unix ms. */
  readonly receivedAtMs: number;
  /** When the sender signed the request, Unix ms; undefined where it did not, or its signature has no time. */
  readonly signedAtMs?: number | undefined;
  /** Which door it came through: clocks that run ahead are corrected, and items measured, on `tracking` only. */
  readonly route: "tracking" | "connection" | "segment-targets";
  /** What the path says its one item is (`/v1/identify`); undefined where the body says it, as in a batch. */
  readonly call?: string | undefined;
  /** The SHA-256 of a raw item, in hex: the id of items whose vendor gives none. */
  readonly digest: (text: string) => string;
};

/** What one request holds. Every item is in one of the lists, or counted among the ignored or the rejected. */
export type Parsed =
  | {
      readonly kind: "understood";
      readonly items: number;
      readonly operations: readonly AudienceOperation[];
      readonly events: readonly MetricEvent[];
      readonly changes: readonly FlagChange[];
      /** The items that mean nothing to the connection, counted by what they are. */
      readonly ignoredByKind: IgnoredByKind;
      /** The first rejections, at most {@link MAX_LISTED_REJECTIONS}; how many there are of each code is beside it. */
      readonly rejected: readonly Rejection[];
      readonly rejectedByCode: RejectedByCode;
    }
  | { readonly kind: "malformed"; readonly message: string };

/**
 * The largest batch a vendor sends is 4,000 events, and its answer lists everything. A body of two million wrong
 * items gets an answer that Lambda can still return (6 MB).
 */
export const MAX_LISTED_REJECTIONS = 4_000;

/** One item that cannot be taken. `message` names the field and what was expected, and never quotes a value. */
export type Rejection = { readonly index: number; readonly code: RejectionCode; readonly message: string };

export type RejectedByCode = Readonly<Partial<Record<RejectionCode, number>>>;

/** Documented in docs/errors.md. */
export const REJECTION_CODES = [
  "invalid_item",
  "item_too_large",
  "missing_context_key",
  "invalid_context_key",
  "invalid_context_kind",
  "invalid_segment",
  "invalid_timestamp",
  "unknown_membership",
  "metrics_not_configured",
  "audiences_not_configured",
] as const;

export type RejectionCode = (typeof REJECTION_CODES)[number];

/**
 * What an item is that is right and means nothing to its connection: the kind of call, and where that alone does not tell
 * why, what the connection lacks. Documented in docs/errors.md.
 */
export const IGNORED_KINDS = [
  "page",
  "screen",
  "group",
  "alias",
  "delete",
  "merge",
  "identify_without_audience",
  "track_without_metrics",
  "track_not_selected",
  "computed_trait",
  "audience_without_audiences",
  "empty_list",
  "attribute_update",
  "event_not_selected",
  "change_not_selected",
] as const;

export type IgnoredKind = (typeof IGNORED_KINDS)[number];

export type IgnoredByKind = Readonly<Partial<Record<IgnoredKind, number>>>;
