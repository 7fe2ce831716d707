import type { ConnectionSecret } from "../../lib/connections/check-secrets.ts";
import type { Connection, SourceName } from "../../lib/connections/schema.ts";
import { isObject, type Json } from "../../lib/json.ts";
import type { SegmentName } from "../../lib/messages/operation.ts";

/** What a sample is built from: every request of it has times and ids of its own. */
export type SampleFacts = {
  readonly connectionName: string;
  readonly connection: Connection;
  readonly secret: ConnectionSecret;
  /** The client-side ID of the first environment that the connection's audiences go to. */
  readonly environmentId: string;
  /** Unix ms. */
  readonly nowMs: number;
  /** An id of this request, of 24 hex digits. */
  readonly id: string;
};

/** A request as its vendor sends it. `headers` has everything but what proves the sender. */
export type VendorRequest = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Sample = {
  /** For example `segment-audience`. */
  readonly name: string;
  readonly source: SourceName;
  /** What of a connection it arrives through: one without that would ignore it. */
  readonly through: "audiences" | "metrics" | "posthog";
  readonly request: (facts: SampleFacts) => VendorRequest;
};

/** The segment that samples fill: one for each connection, whose writers and context kinds may differ. Some name their own. */
export function sampleSegment({
  connectionName,
  connection,
}: Pick<SampleFacts, "connectionName" | "connection">): SegmentName {
  return (
    connection.audiences.segment ?? {
      id: `flagbridge-sample-${connectionName}`,
      name: `Flagbridge sample of ${connectionName}`,
    }
  );
}

/** The member that a sample adds. */
export function sampleMember({ id }: Pick<SampleFacts, "id">): string {
  return `sample-${id.slice(0, 8)}`;
}

/** Returns the object with `value` at every place: names, joined by dots. */
export function withValuesAt(object: Json, places: readonly string[], value: string): Json {
  return places.reduce((made, place) => withValueAt(made, place.split("."), value), object);
}

function withValueAt(object: Json, [name = "", ...rest]: readonly string[], value: string): Json {
  if (rest.length === 0) return { ...object, [name]: value };
  const inner = object[name];
  return { ...object, [name]: withValueAt(isObject(inner) ? inner : {}, rest, value) };
}

export const JSON_TYPE = { "content-type": "application/json" };

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
