import { sideBySide } from "../../delivery/side-by-side.ts";
import { encodeVersion } from "../../messages/version.ts";
import type { TableReadingCalls } from "../../table/reading-calls.ts";
import { type RetryPorts, untilAnswered } from "./dynamodb-attempts.ts";
import { CALLS_AT_ONCE } from "./dynamodb-entries.ts";
import type { DynamoPlaces } from "./dynamodb-places.ts";
import { entryOfItem } from "./items.ts";
import type { LedgerSegment } from "./ledger.ts";
import type { ForgottenContext, ForgottenEntry, LedgerListing } from "./listing.ts";

export type ForgettingSettings = {
  readonly calls: TableReadingCalls;
  readonly ports: RetryPorts;
  readonly find: DynamoPlaces["find"];
};

/**
 * Deletes removals without a hold. The batcher writes its entries without a condition, so that a deletion between its reading
 * and its writing changes nothing of what it writes; one after its writing finds another version and does nothing.
 */
export function dynamoForgetting({ calls, ports, find }: ForgettingSettings): LedgerListing["forgetEntries"] {
  const forget = async (segment: LedgerSegment, context: ForgottenContext): Promise<ForgottenEntry> => {
    const { contextKind, contextKey } = context;
    const place = (await find({ segment, contextKind, keys: [contextKey] })).get(contextKey);
    if (!place?.item) return { segment, outcome: "none" };
    const entry = entryOfItem(place.item);
    if (entry.action === "add") return { segment, outcome: "member" };
    const deletion = {
      address: place.address,
      // An absent item is what an attempt before this one left behind whose answer was lost.
      condition: "attribute_not_exists(#pk) OR (#version = :version AND #action = :action)",
      names: { "#pk": "pk", "#version": "version", "#action": "action" },
      values: { ":version": { S: encodeVersion(entry.version) }, ":action": { S: entry.action } },
    };
    const answer = await untilAnswered(() => calls.deleteIf(deletion), ports);
    return { segment, outcome: answer.kind === "answered" ? "deleted" : "changed" };
  };
  return async (context) => {
    const answers: ForgottenEntry[] = [];
    await sideBySide([...context.segments.entries()], CALLS_AT_ONCE, async ([nth, segment]) => {
      answers[nth] = await forget(segment, context);
    });
    return answers;
  };
}
