import type { Becomes, ExplainedAudience, ExplainedEvent } from "./explain-event.ts";
import { shownTime } from "./shown-time.ts";

/** What a connection would make of an event, a sentence a line. What the event brought may have line ends of its own. */
export function explainedLines({
  refused,
  audiences,
  becomes,
  ignored,
  rejected,
}: ExplainedEvent): readonly string[] {
  return [
    ...(refused === null ? [] : [`refused: ${refused}`]),
    ...audiences.flatMap(shownAudience),
    ...becomes.map((one) => `→ ${shownResult(one)}`),
    ...Object.entries(ignored).map(([kind, count]) => `ignored: ${count} × ${kind}`),
    ...rejected.map(({ index, code, message }) => `rejected: item ${index}, ${code}: ${message}`),
  ];
}

function shownAudience({ id, name, isSent, rules }: ExplainedAudience): readonly string[] {
  const width = Math.max(...rules.map(({ rule }) => rule.length));
  return [
    `audience ${id} (${name})${isSent ? "" : " is left out"}`,
    ...rules.map(({ rule, says }) => `  ${rule.padEnd(width)}  ${says}`),
  ];
}

function shownResult(result: Becomes): string {
  if (result.kind === "erasure") {
    const shown = result.contexts.map(({ kind, key }) => `${kind} ${key}`);
    return `erase ${shown.join(", ")} from everything that was accepted before ${shownTime(result.at)}`;
  }
  const where = `in ${result.to.join(", ")}, as of ${shownTime(result.at)}`;
  switch (result.kind) {
    case "operation": {
      const { action, segment, context } = result;
      const direction = action === "add" ? "to" : "from";
      return `${action} ${context.kind} ${context.key} ${direction} the segment ${segment.id} (${segment.name}) ${where}`;
    }
    case "event": {
      const { key, contexts, value, renamedFrom } = result;
      const renamed = renamedFrom === null ? "" : ` (rename: ${renamedFrom})`;
      const valued = value === null ? "" : `, value ${value}`;
      const shown = Object.entries(contexts).map(([kind, contextKey]) => `${kind} ${contextKey}`);
      return `metric event ${key}${renamed} of ${shown.join(", ")}${valued} ${where}`;
    }
    case "flag-change":
      return `flag change ${result.id} ${where}`;
  }
}
