import type { RuledAudience } from "../connections/audience-rules.ts";
import type { CredentialKind } from "../connections/keyring.ts";
import type { Connection } from "../connections/schema.ts";
import type { Erasure } from "../messages/erasure-request.ts";
import type { FlagChange } from "../messages/flag-changes.ts";
import type { MetricEvent } from "../messages/metric-events.ts";
import type { AudienceOperation, SegmentName } from "../messages/operation.ts";

/**
 * One vendor's adapter, which says what its requests mean. It is pure; requests are already authenticated and decoded.
 * CONTRIBUTING.md says how to add a source.
 */
export type Source = {
  /** Extracts the JSON text from a body of `/c/…` that is not JSON itself; undefined when it contains none. */
  readonly jsonOf?: (body: string) => string | undefined;
  /**
   * True when `parse` also reads the bodies that the vendor's hosted connector sends to LaunchDarkly's `segment-targets`.
   * Otherwise `segment-targets.ts` reads them.
   */
  readonly readsSegmentTargets?: true;
  readonly parse: (request: SourceRequest) => Parsed;
  /**
   * Says whether a signed body belongs to exactly one request, because every item has an id or a time: if it comes twice,
   * the second is a repetition. Absent when the signature itself identifies the request.
   */
  readonly isBodyOfOneRequest?: (body: unknown) => boolean;
  /** The answer bodies that the vendor expects; absent when ours will do. */
  readonly answers?: VendorAnswers;
};

/** The vendor's own shapes of answers. Status and code remain those of Flagbridge. */
export type VendorAnswers = {
  readonly taken: (request: {
    readonly body: unknown;
    readonly connection: Connection;
    readonly receivedAtMs: number;
    readonly requestId: string;
  }) => object;
  /** Absent when the vendor reads only the status. `body` is undefined when none could be read. */
  readonly refused?: (
    request: { readonly body: unknown },
    refusal: {
      readonly status: number;
      readonly code: string;
      readonly message: string;
      readonly requestId: string;
    },
  ) => object;
  /** Answers requests that the vendor sends before it has a key: they change nothing, and anybody may read the answer. */
  readonly isForAnyone?: (body: unknown) => boolean;
};

export type SourceRequest = {
  readonly body: unknown;
  /** Size of the inflated body. The items of a small body need no measuring. */
  readonly bodyBytes: number;
  readonly connection: Connection;
  /** Receipt time, Unix ms. */
  readonly receivedAtMs: number;
  /** The kind of key that proved a request to `/c/…`; absent when a signature did. */
  readonly provenBy?: CredentialKind | undefined;
  /** When the sender signed the request, Unix ms; undefined without a signature or when it has no time. */
  readonly signedAtMs?: number | undefined;
  /** The kind of route. Only on `tracking` are clocks that run ahead corrected and items measured. */
  readonly route: "tracking" | "connection" | "segment-targets";
  /** The type that the path gives the one item (`/v1/identify`); undefined when the body has the type, as in a batch. */
  readonly call?: string | undefined;
  /** Returns the SHA-256 of a raw item, in hex: the id of an item to which its vendor gives none. */
  readonly digest: (text: string) => string;
  /** Told what the connection's rules make of each audience that the request names; only where somebody wants it explained. */
  readonly onAudience?: (named: SegmentName, ruled: RuledAudience) => void;
};

/** An operation and the environments that receive it; without `to` all of the connection's do. */
export type RoutedOperation = AudienceOperation & { readonly to?: readonly string[] };

/** The content of one request. Every item is in one of the lists, or counts as ignored or rejected. */
export type Parsed =
  | {
      readonly kind: "understood";
      readonly items: number;
      readonly operations: readonly RoutedOperation[];
      readonly events: readonly MetricEvent[];
      readonly changes: readonly FlagChange[];
      /** People whom the request wants taken out of everything. */
      readonly erasures: readonly Erasure[];
      /** The number of ignored items by kind. */
      readonly ignoredByKind: IgnoredByKind;
      /** The first rejections, at most {@link MAX_LISTED_REJECTIONS}. The number of each code is next to this list. */
      readonly rejected: readonly Rejection[];
      readonly rejectedByCode: RejectedByCode;
    }
  | { readonly kind: "malformed"; readonly message: string };

/**
 * The largest batch of a vendor has 4,000 events, so its answer lists every rejection. The answer to a body of two million
 * wrong items still fits Lambda's limit of 6 MB.
 */
export const MAX_LISTED_REJECTIONS = 4_000;

/** An item that cannot be accepted. `message` names the field and what was expected, and never quotes a value. */
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
  "erasures_not_configured",
] as const;

export type RejectionCode = (typeof REJECTION_CODES)[number];

/**
 * The kinds of valid items that a connection ignores: the kind of call, or what the connection lacks if the kind alone does
 * not explain it. Documented in docs/errors.md.
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
  "audience_not_selected",
  "empty_list",
  "attribute_update",
  "event_not_selected",
  "change_not_selected",
] as const;

export type IgnoredKind = (typeof IGNORED_KINDS)[number];

export type IgnoredByKind = Readonly<Partial<Record<IgnoredKind, number>>>;
