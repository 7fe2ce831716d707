import type { ExplainedEvent } from "../operator/explain-event.ts";
import { explainedLines } from "../operator/explained-lines.ts";
import { styled } from "./terminal.ts";
import { visible } from "./visible.ts";

/** The explanation of one event as lines, connection by connection. */
export function shownEvent(explained: readonly ExplainedEvent[]): string {
  return explained
    .map((one) =>
      [
        `${styled("bold", one.connection)} (${one.source})`,
        ...explainedLines(one).map((line) => `  ${visible(line)}`),
      ].join("\n"),
    )
    .join("\n\n");
}
