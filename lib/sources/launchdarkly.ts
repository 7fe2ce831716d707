import type { Connection } from "../connections/schema.ts";
import { reduceEntry } from "../flag-changes/reduce.ts";
import { isSelected } from "../flag-changes/select.ts";
import type { FlagChange } from "../messages/flag-changes.ts";
import { ignored, type Meaning, parseItems } from "./items.ts";
import type { Source } from "./source.ts";

/**
 * LaunchDarkly's own webhooks: each request has one entry of the audit log, never a list. LaunchDarkly repeats a request
 * once after an answer that is not 2xx and guarantees neither order nor delivery, so functions/audit-log-sweeper also reads
 * the audit log.
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
