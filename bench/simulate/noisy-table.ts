import { NOISY, simulateNoisy } from "./noisy.ts";
import type { Parameters } from "./parameters.ts";

/** Fast enough that what is shared is LaunchDarkly's limit, and not the one hold that a search has. */
const ANSWER_MS = 20;

/** What a noisy sender does to its neighbour, before searches had an allowance and since. */
export async function noisyTable(of: Parameters): Promise<string> {
  const lines = [
    "| the search | neighbour: median | p95 | longest | requests | of them for the search |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  for (const one of NOISY) {
    const outcome = await simulateNoisy(one, { ...of, launchdarklyRequestMs: ANSWER_MS });
    const { medianMs, p95Ms, worstMs, requests, splits } = outcome;
    const times = [medianMs, p95Ms, worstMs].map((ms) => `${(ms / 1_000).toFixed(1)} s`);
    lines.push(`| ${[one.name, ...times, requests, splits].join(" | ")} |`);
  }
  return lines.join("\n");
}
