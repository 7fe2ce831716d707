import type { DynamoCalls, PassingFailure } from "./calls.ts";
import type { Address, Attribute, StoredItem } from "./item.ts";

/**
 * The calls of DynamoDB with which the operator's tools look into a table, apart from {@link DynamoCalls} so that of the
 * functions' bundles the eraser's alone gets them. They reject only when another attempt would fare no better; what may pass is a {@link PassingFailure}.
 */
export type TableReadingCalls = Pick<DynamoCalls, "batchGet"> & {
  /** One page of one partition. Strongly consistent. */
  readonly query: (page: QueriedPage) => Promise<PageAnswer>;
  /** One page of one part of the table. Eventually consistent. */
  readonly scan: (page: ScannedPage) => Promise<PageAnswer>;
  /** As DynamoDB has counted it within the last six hours. */
  readonly size: () => Promise<Answered<{ readonly items: number; readonly bytes: number }>>;
  /** `condition-failed` is an answer. It does no harm when one that got no answer lands late: its condition names what it deletes. */
  readonly deleteIf: (
    deletion: ConditionalDeletion,
  ) => Promise<Answered<object> | { readonly kind: "condition-failed" }>;
};

/** `after` is the `next` of the page before. */
export type QueriedPage = {
  readonly partition: string;
  readonly limit: number;
  readonly after?: Address | undefined;
};

/** `part` counts from 0 up to but not including `parts`. */
export type ScannedPage = {
  readonly part: number;
  readonly parts: number;
  readonly limit: number;
  readonly after?: Address | undefined;
};

/** A page without `next` is the last one. An empty page may have a next. */
export type Page = {
  readonly items: readonly StoredItem[];
  /** Read request units, which is what AWS bills. */
  readonly readUnits: number;
  readonly next?: Address | undefined;
};

export type PageAnswer = Answered<Page>;

export type ConditionalDeletion = {
  readonly address: Address;
  readonly condition: string;
  /** Every attribute goes by a `#name`: half of the short words are reserved. */
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, Attribute>>;
};

type Answered<T> = ({ readonly kind: "answered" } & T) | PassingFailure;
