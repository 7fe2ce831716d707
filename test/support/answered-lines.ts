import { type AnsweredLine, parseTrafficLine } from "../../dev/traffic-lines.ts";

/** Of what a stack with `--log json` has written, the lines of requests that were answered, oldest first. */
export function answeredLines(stderr: string): readonly AnsweredLine[] {
  return stderr.split("\n").flatMap((text) => {
    const line = parseTrafficLine(text);
    return line?.message === "ingest.answered" ? [line] : [];
  });
}
