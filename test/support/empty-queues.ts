import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";

const counts = z.object({ queues: z.array(z.object({ waiting: z.number(), inFlight: z.number() })) });
/** A message is in neither count for a moment, while it is handed over. */
const CALM_POLLS = 3;

/**
 * Resolves when nothing waits in the queues of the stack and nothing of them is in flight: what was accepted before has
 * had its whole effect. @throws when that takes more than `patienceMs`.
 */
export async function untilQueuesAreEmpty(stackUrl: string, patienceMs = 60_000): Promise<void> {
  const giveUpMs = Date.now() + patienceMs;
  for (let calm = 0; calm < CALM_POLLS; ) {
    const answer = await fetch(`${stackUrl}/sandbox/queues`);
    const { queues } = counts.parse(await answer.json());
    const left = queues.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0);
    if (left > 0 && Date.now() > giveUpMs)
      throw new Error(`${left} messages are left after ${patienceMs} ms`);
    calm = left === 0 ? calm + 1 : 0;
    await sleep(50);
  }
}
