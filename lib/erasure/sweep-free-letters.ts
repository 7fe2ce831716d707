import type { Erased } from "./cut.ts";
import { areLettersHeld, type CountPorts } from "./hidden-messages.ts";
import { type SweepOptions, type SweepPorts, type Swept, sweepDeadLetters } from "./sweep.ts";

type FreeLettersPorts = SweepPorts &
  CountPorts & {
    /** Unix ms. */
    readonly now: () => number;
    readonly sleep: (ms: number) => Promise<void>;
  };

const AGAIN_MS = 2_000;

/**
 * Goes through the dead letters, and again for `patienceMs` as long as somebody else had some in hand before or afterwards: those were in
 * nobody's walk. `areOthersAtIt` says whether it ended so.
 */
export async function sweepFreeLetters(
  people: readonly Erased[],
  { patienceMs, ...options }: SweepOptions & { readonly patienceMs: number },
  ports: FreeLettersPorts,
): Promise<Swept & { readonly areOthersAtIt: boolean }> {
  const { isStopped = () => false } = options;
  const untilMs = ports.now() + patienceMs;
  let messages = 0;
  for (;;) {
    const before = await areLettersHeld(ports);
    const swept = await sweepDeadLetters(people, options, ports);
    messages += swept.messages;
    const areOthersAtIt = before || (await areLettersHeld(ports));
    if (!areOthersAtIt || isStopped() || ports.now() + AGAIN_MS > untilMs)
      return { ...swept, messages, areOthersAtIt };
    await ports.sleep(AGAIN_MS);
  }
}
