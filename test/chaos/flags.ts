import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { Dice } from "./dice.ts";
import { FLAG_CONNECTION, type Secrets } from "./feeds.ts";
import { dueMsOf, type Scale } from "./scale.ts";
import { retried } from "./send.ts";
import type { Site } from "./site.ts";

/** A flag that somebody turns over in LaunchDarkly, and how Flagbridge is to learn of it. */
export type FlagChange = {
  readonly dueMs: number;
  readonly flag: string;
  /** `sweep`: no webhook comes, the audit log alone has it. */
  readonly by: "webhook" | "sweep" | "both";
  /** How often the webhook comes beyond the first. */
  readonly repeats: number;
};

export function planFlagChanges(scale: Scale, dice: Dice): readonly FlagChange[] {
  return Array.from({ length: scale.flagChanges }, (_, number) => ({
    dueMs: dueMsOf(number, scale.flagChanges, scale),
    flag: `flag-${dice.between(1, 20)}`,
    by: dice.pick(["webhook", "webhook", "sweep", "both"]),
    repeats: dice.chance(0.1) ? dice.between(1, 2) : 0,
  }));
}

const entryOf = z.looseObject({ _id: z.string() });

/** Turns every flag over when it is due, and gives the ids of the entries that LaunchDarkly has answered. */
export async function turnFlags(
  changes: readonly FlagChange[],
  ports: { readonly site: Site; readonly secrets: Secrets; readonly startMs: number },
): Promise<ReadonlySet<string>> {
  const { site, secrets } = ports;
  const ids = new Set<string>();
  for (const { dueMs, flag, by, repeats } of changes) {
    const earlyMs = ports.startMs + dueMs - Date.now();
    if (earlyMs > 0) await sleep(earlyMs);
    const order = {
      webhook: by === "both",
      comment: `${secrets.mark}-comment`,
      member: { email: `${secrets.mark}@example.com` },
    };
    const entry = await retried(async () =>
      entryOf.parse(await site.post(`/sandbox/launchdarkly/flags/${flag}/toggle?full=true`, order)),
    );
    ids.add(entry._id);
    if (by !== "webhook") continue;
    const body = JSON.stringify(entry);
    const signature = createHmac("sha256", secrets.signing).update(body).digest("hex");
    for (let time = 0; time <= repeats; time += 1)
      await retried(async () => {
        const headers = { "content-type": "application/json", "x-ld-signature": signature };
        const answer = await fetch(`${site.url}/c/${FLAG_CONNECTION}`, { method: "POST", headers, body });
        if (answer.status !== 200) throw new Error(`a webhook was answered ${answer.status}`);
      });
  }
  return ids;
}

const eventList = z.object({
  events: z.array(z.object({ properties: z.object({ launchDarklyEventId: z.string() }) })),
  received: z.number(),
  distinct: z.number(),
});

export type FlagCount = {
  readonly problems: readonly string[];
  readonly received: number;
  readonly distinct: number;
};

const PATIENCE_MS = 120_000;

/** Every change is one event in PostHog; the sweeper, which comes every few seconds, may still have to bring some. */
export async function countFlagChanges(site: Site, ids: ReadonlySet<string>): Promise<FlagCount> {
  const giveUpMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const { events, received, distinct } = await site.get("/sandbox/posthog/events", eventList);
    const counted = events.map(({ properties }) => properties.launchDarklyEventId);
    const there = new Set(counted);
    const missing = [...ids].filter((id) => !there.has(id));
    if (missing.length > 0 && Date.now() < giveUpMs) {
      await sleep(500);
      continue;
    }
    const problems = [
      ...(missing.length > 0 ? [`flag changes missing: ${missing.length}, for example ${missing[0]}`] : []),
      ...(there.size < counted.length
        ? [`flag changes counted more than once: ${counted.length - there.size}`]
        : []),
    ];
    return { problems, received, distinct };
  }
}
