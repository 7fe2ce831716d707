import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { duplicate, redrive } from "./letters.ts";
import type { Site } from "./site.ts";
import type { Trouble } from "./troubles.ts";

/** What was done to the stack, by what it is called in the report. */
export type Done = Map<string, number>;

export function count(done: Done, what: string, times = 1): void {
  done.set(what, (done.get(what) ?? 0) + times);
}

const killed = z.object({ killed: z.number() });
/** How long a function is watched for something to be killed in the middle of. */
const WATCH_MS = 3_000;

/** Makes everything go wrong when it is due. */
export async function conduct(
  troubles: readonly Trouble[],
  ports: {
    readonly site: Site;
    readonly startMs: number;
    readonly done: Done;
    /** LaunchDarkly's refusals of members, which a stack that is killed forgets. */
    readonly poison: () => Promise<void>;
    /** After the last kill. */
    readonly onKillsOver: () => void;
  },
): Promise<void> {
  const { startMs } = ports;
  const isKill = ({ kind }: Trouble): boolean => kind === "stack-kill";
  let killsLeft = troubles.filter(isKill).length;
  if (killsLeft === 0) ports.onKillsOver();
  for (const trouble of troubles) {
    const earlyMs = startMs + trouble.dueMs - Date.now();
    if (earlyMs > 0) await sleep(earlyMs);
    await cause(trouble, ports);
    if (!isKill(trouble)) continue;
    killsLeft -= 1;
    if (killsLeft === 0) ports.onKillsOver();
  }
}

async function cause(
  trouble: Trouble,
  { site, done, poison }: { readonly site: Site; readonly done: Done; readonly poison: () => Promise<void> },
): Promise<void> {
  switch (trouble.kind) {
    case "faults": {
      const nowMs = Date.now();
      await site.post("/sandbox/launchdarkly/faults", {
        faults: trouble.faults.map(({ order }) => order(nowMs)),
      });
      for (const { name, times } of trouble.faults) count(done, name, times);
      return;
    }
    case "function-kill": {
      const giveUpMs = Date.now() + WATCH_MS;
      while (Date.now() < giveUpMs) {
        const answer = killed.parse(await site.post(`/sandbox/functions/${trouble.name}/kill`));
        if (answer.killed > 0) {
          count(done, "functions killed", answer.killed);
          return;
        }
        await sleep(20);
      }
      return;
    }
    case "stack-kill":
      await site.killAndRestart();
      await poison();
      count(done, "stack killed");
      return;
    case "token-rotation":
      site.rotateToken();
      count(done, "token rotated");
      return;
    case "duplicates":
      count(done, "messages duplicated", await duplicate(site, trouble.queue, trouble.delaySeconds));
      return;
    case "redrive":
      count(done, "dead letters redriven", await redrive(site));
      return;
  }
}
