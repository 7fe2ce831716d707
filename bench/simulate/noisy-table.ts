import { NOISY, simulateNoisy } from "./noisy.ts";
import type { Parameters } from "./parameters.ts";

/** Fast enough that what is shared is LaunchDarkly's limit, and not the one hold that a search has. */
const ANSWER_MS = 20;

/** The window as deployed, and a short one, in which batches are small and come often. */
const WINDOWS_MS = [5_000, 1_000];

/** What a noisy sender does to its neighbour, by when and how much is searched. */
export async function noisyTable(of: Parameters): Promise<string> {
  const lines = [
    "| `batchingWindow` | the search | neighbour: median | p95 | longest | requests | of them for the search | of the noisy sender's members, done |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const batchingWindowMs of WINDOWS_MS)
    for (const one of NOISY) {
      const on = { ...of, batchingWindowMs, launchdarklyRequestMs: ANSWER_MS };
      const { medianMs, p95Ms, worstMs, requests, splits, doneShare } = await simulateNoisy(one, on);
      const times = [medianMs, p95Ms, worstMs].map((ms) => `${(ms / 1_000).toFixed(1)} s`);
      const done = one.search === "none" ? "" : `${Math.round(100 * doneShare)} %`;
      const window = `${batchingWindowMs / 1_000} s`;
      lines.push(`| ${[window, one.name, ...times, requests, splits, done].join(" | ")} |`);
    }
  return lines.join("\n");
}
