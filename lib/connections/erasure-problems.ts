import type { Environments } from "./environment-problems.ts";
import type { Problem } from "./problems.ts";
import type { Connection } from "./schema.ts";
import { SOURCE_TRAITS } from "./source-traits.ts";

/** The problems of a connection's `erasures`. */
export function erasureProblems(
  name: string,
  { source, erasures, allowPartlySignedBatches }: Connection,
  { environmentNames }: Environments,
): Problem[] {
  if (!erasures) return [];
  const at = (message: string) => ({ path: ["connections", name, "erasures"], message });
  if (!SOURCE_TRAITS[source].sendsErasures)
    return [at(`expected no such option: only ${SENDERS.join(", ")} send erasure requests; remove it`)];
  return [
    ...(environmentNames?.length === 0
      ? [at("expected an environment of launchdarkly: without one there is nothing to erase")]
      : []),
    ...(allowPartlySignedBatches
      ? [
          at(
            "expected not both this and allowPartlySignedBatches: anybody could add a delete behind a signed event; give erasures a connection of their own",
          ),
        ]
      : []),
  ];
}

const SENDERS = Object.entries(SOURCE_TRAITS)
  .filter(([, { sendsErasures }]) => sendsErasures)
  .map(([source]) => source);
