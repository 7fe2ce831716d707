import type { Connection } from "../../connections/schema.ts";
import { integrationOf } from "../../connections/source-traits.ts";
import { segmentKeyOf } from "./segment-key.ts";

export type WriterName = Connection["audiences"]["writer"];

/** A segment as the ledger's name of it says. Of `big` and `list` the id is the key that LaunchDarkly has. */
export type NamedSegment =
  | { readonly writer: "synced"; readonly integration: string; readonly id: string }
  | { readonly writer: "big" | "list"; readonly id: string };

/**
 * What the ledger calls the segment that a connection's operations with this id go to. `big` and `list` by key, not by id: what is
 * one segment to LaunchDarkly has one hold. The same id under another integration is another segment to LaunchDarkly.
 */
export function ledgerNameOf(connection: Connection, id: string): string {
  const { writer } = connection.audiences;
  return writer === "synced" ? `synced/${integrationOf(connection)}/${id}` : `${writer}/${segmentKeyOf(id)}`;
}

/** Undefined for what {@link ledgerNameOf} does not write: the digest of a name that was too long for the table, for example. */
export function readLedgerName(name: string): NamedSegment | undefined {
  const synced = /^synced\/([^/]+)\/([\s\S]+)$/.exec(name);
  if (synced) return { writer: "synced", integration: synced[1] ?? "", id: synced[2] ?? "" };
  const keyed = /^(big|list)\/([\s\S]+)$/.exec(name);
  if (!keyed) return undefined;
  return { writer: keyed[1] === "big" ? "big" : "list", id: keyed[2] ?? "" };
}
