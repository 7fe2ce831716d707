import { isInteractive, note } from "./terminal.ts";
import { visible } from "./visible.ts";

export type Progress = {
  /** `done` of `total` (undefined: nobody knows), and a text beside it. */
  readonly update: (done: number, text: string) => void;
  readonly end: (text: string) => void;
};

const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;

/** Of the bars that are drawn: each has a timer, which keeps the process alive until the bar is stopped. */
const stops = new Set<() => void>();

/** Ends the bars that a failure has left: without this, a command that failed would draw on and never exit. */
export function stopProgress(): void {
  for (const stop of stops) stop();
}

/** A bar on a terminal; elsewhere a line every ten seconds, so that a log of a long run shows that it goes on. All of it on stderr. */
export async function openProgress(
  title: string,
  total: number | undefined,
  { nowMs }: { readonly nowMs: () => number },
): Promise<Progress> {
  if (!isInteractive()) return linesOfProgress(title, nowMs);
  const { progress } = await import("@clack/prompts");
  const bar = progress({ max: total ?? 1, output: process.stderr });
  bar.start(title);
  const end = (text: string): void => {
    stops.delete(stop);
    bar.stop(text);
  };
  const stop = (): void => end("It stopped.");
  stops.add(stop);
  let shown = 0;
  let drawnMs = 0;
  return {
    update: (done, text) => {
      if (nowMs() - drawnMs < BAR_EVERY_MS) return;
      drawnMs = nowMs();
      if (total !== undefined) bar.advance(Math.max(0, done - shown), `${title}: ${visible(text)}`);
      else bar.message(`${title}: ${visible(text)}`);
      shown = done;
    },
    end,
  };
}

function linesOfProgress(title: string, nowMs: () => number): Progress {
  let lastMs = nowMs();
  return {
    update: (_, text) => {
      if (nowMs() - lastMs < LINE_EVERY_MS) return;
      lastMs = nowMs();
      note(`${title}: ${text}`);
    },
    end: note,
  };
}
