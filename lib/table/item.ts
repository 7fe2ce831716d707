/** Where an item lies in the table. */
export type Address = { readonly pk: string; readonly sk: string };

/** An attribute as DynamoDB's JSON writes it. */
export type Attribute = { readonly S: string } | { readonly N: string } | { readonly BOOL: boolean };
export type Item = Readonly<Record<string, Attribute>>;

/** An attribute as it comes back: whoever can write to the table may have left anything there. */
export type StoredAttribute = { readonly S?: string; readonly N?: string; readonly BOOL?: boolean };
export type StoredItem = Readonly<Record<string, StoredAttribute>>;

/**
 * The table holds an item that Flagbridge cannot have written. Nothing is guessed from it: what needs it is
 * retried until somebody has removed or repaired it. Names the attribute, and never a key or value.
 */
export class ForeignItemError extends Error {
  override readonly name = "ForeignItemError";
}

/** @throws {ForeignItemError} */
export function addressOfItem(item: StoredItem): Address {
  const [pk, sk] = [item.pk?.S, item.sk?.S];
  if (pk === undefined || sk === undefined) throw foreign("pk and sk", "two texts");
  return { pk, sk };
}

/** The error for an attribute that is not as Flagbridge writes it. */
export function foreign(name: string, expected: string): ForeignItemError {
  return new ForeignItemError(
    `An item of the table has an unexpected '${name}': expected ${expected}. Flagbridge did not write it`,
  );
}
