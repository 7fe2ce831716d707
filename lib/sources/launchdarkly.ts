import type { Connection } from "../connections/schema.ts";
import { reduceEntry } from "../flag-changes/reduce.ts";
import { isSelected } from "../flag-changes/select.ts";
import type { FlagChange } from "../messages/flag-changes.ts";
import { ignored, type Meaning, parseItems } from "./items.ts";
import type { Source } from "./source.ts";

/**
 * LaunchDarkly's own webhooks: one entry of the audit log a request, never a list. Repeated once after an answer that is
 * not 2xx, in no order, and not guaranteed: the audit log is read as well (functions/audit-log-sweeper).
 * https://launchdarkly.com/docs/home/infrastructure/webhooks, https://launchdarkly.com/docs/api/webhooks
 */
export const launchdarkly: Source = {
  parse: (request) => {
    if (request.route !== "connection")
      return { kind: "malformed", message: "expected LaunchDarkly's webhooks at /c/{connection}" };
    const { body, connection, digest } = request;
    const reduced = reduceEntry(body, { index: 0, digest });
    if (reduced.kind === "no-entry") {
      const { field, expected } = reduced;
      return { kind: "malformed", message: field === "" ? expected : `${field}: ${expected}` };
    }
    return parseItems(
      [reduced.change],
      () => "",
      (change) => meaningOf(change, connection),
    );
  },
};

function meaningOf(change: FlagChange, { posthog }: Connection): Meaning {
  return posthog && isSelected(change, posthog.only)
    ? { kind: "change", change }
    : ignored("change_not_selected");
}
