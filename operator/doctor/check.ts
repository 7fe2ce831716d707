/**
 * `ok`: proven. `warning`: it works, and a person should know. `failed`: it does not work, or will not. `skipped`: nobody looked,
 * because a right, a key or something that comes first is missing: `fix` says what would let it be looked at.
 */
export type CheckStatus = "ok" | "warning" | "failed" | "skipped";

/** One edge of the bundle, and what was found of it. It is pasted into issues: it holds no secret and no member's key. */
export type CheckLine = {
  /** What was checked, the same in every run: `launchdarkly.token`. */
  readonly id: string;
  /** Of what: `launchdarkly.production`, `connections.segment-engage`, `aws`. */
  readonly subject: string;
  readonly status: CheckStatus;
  readonly found: string;
  /** What to do; empty where there is nothing to do. */
  readonly fix: string;
};

/** The checks of one edge. What comes first in its lines is what the rest depends on. */
export type Check = {
  /** What a person who waits is told, for example `launchdarkly.production`. */
  readonly title: string;
  /** The line of a check that ends with an error that nobody expected. */
  readonly line: LineAbout;
  readonly run: () => Promise<readonly CheckLine[]>;
};

/** Makes the lines of one check. */
export type LineAbout = {
  readonly ok: (found: string) => CheckLine;
  readonly warning: (found: string, fix: string) => CheckLine;
  readonly failed: (found: string, fix: string) => CheckLine;
  readonly skipped: (found: string, fix: string) => CheckLine;
};

export function lineAbout(id: string, subject: string): LineAbout {
  const line =
    (status: CheckStatus) =>
    (found: string, fix = ""): CheckLine => ({ id, subject, status, found, fix });
  return { ok: line("ok"), warning: line("warning"), failed: line("failed"), skipped: line("skipped") };
}

/** Names as a sentence has them: `a, b and c`; of many the first, and how many more there are. */
export function listed(names: readonly string[], atMost = 5): string {
  const shown = names.slice(0, atMost);
  const more = names.length - shown.length;
  const all = more > 0 ? [...shown, `${more} more`] : shown;
  return all.length > 1 ? `${all.slice(0, -1).join(", ")} and ${all.at(-1)}` : (all[0] ?? "");
}
