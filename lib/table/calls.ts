import type { Address, Attribute, Item, StoredItem } from "./item.ts";

/**
 * The calls of DynamoDB that the ledger needs, each one attempt at one table. They reject only when another attempt
 * would fare no better (no permission, no such table); what may pass is a {@link PassingFailure}.
 */
export type DynamoCalls = {
  /** No call takes longer, in ms: past it, it is `unanswered`. */
  readonly timeoutMs: number;
  /** Strongly consistent. */
  readonly get: (address: Address) => Promise<Answered<{ readonly item: StoredItem | undefined }>>;
  /** `condition-failed` is an answer and not an error: it is how holds are decided. Gives the item as it is after. */
  readonly update: (
    update: ConditionalUpdate,
  ) => Promise<Answered<{ readonly item: StoredItem }> | { readonly kind: "condition-failed" }>;
  /** Strongly consistent. At most 100 addresses, each once. */
  readonly batchGet: (
    addresses: readonly Address[],
  ) => Promise<Answered<{ readonly items: readonly StoredItem[]; readonly unprocessed: readonly Address[] }>>;
  /** Puts at most 25 items, each address once. */
  readonly batchWrite: (
    items: readonly Item[],
  ) => Promise<Answered<{ readonly unprocessed: readonly Address[] }>>;
};

export type ConditionalUpdate = {
  readonly address: Address;
  readonly update: string;
  readonly condition: string;
  /** Every attribute goes by a `#name`: half of the short words are reserved. */
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, Attribute>>;
};

/** `unavailable`: DynamoDB answered that it cannot now. `unanswered`: the call may still take effect. */
export type PassingFailure =
  | { readonly kind: "unavailable"; readonly cause: Error }
  | { readonly kind: "unanswered"; readonly cause: Error };

type Answered<T> = ({ readonly kind: "answered" } & T) | PassingFailure;
