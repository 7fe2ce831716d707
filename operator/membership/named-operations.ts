import { connectionNamed } from "../../lib/connections/find.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import type { SegmentPlace } from "../../lib/launchdarkly/membership/places.ts";
import { ledgerNameOf } from "../../lib/launchdarkly/segments/ledger-name.ts";
import { segmentKeyOf } from "../../lib/launchdarkly/segments/segment-key.ts";
import {
  audienceOperationsMessage,
  isAudienceOperationsMessage,
  operationsOf,
} from "../../lib/messages/audience-operations.ts";
import type { AudienceOperation } from "../../lib/messages/operation.ts";
import { readMessage } from "../../lib/messages/read-message.ts";

const SHAPE = { schema: audienceOperationsMessage, isRight: isAudienceOperationsMessage };

/** The operations of a queue's message that are for a segment; none of a message that cannot be read. */
export function operationsFor(
  { ledgerSegment, segment }: SegmentPlace,
  body: string,
  connections: Connections,
): readonly AudienceOperation[] {
  const read = readMessage(SHAPE, body);
  if (read.kind === "unreadable") return [];
  const connection = connectionNamed(connections, read.message.connection);
  // Whose connection is gone is there for the segment's own sake: nobody can tell of which kind it was.
  const isHere = (id: string): boolean =>
    connection
      ? ledgerNameOf(connection, id) === ledgerSegment.segment
      : id === segment.id || segmentKeyOf(id) === segment.id;
  return operationsOf(read.message).filter((operation) => isHere(operation.segment.id));
}
