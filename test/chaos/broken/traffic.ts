import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { retried } from "../send.ts";

/** What an id stands for. */
export const KINDS = { o: "audiences", e: "metric events", c: "flag changes" } as const;
export type Kind = keyof typeof KINDS;

export const TOKEN = "broken-run-token";
export const SIGNING_SECRET = "broken-run-signing-secret";

/** When each id was answered 200, by `performance.now()`, and whether its request had to be sent again for that. */
export type Answered = Map<string, { readonly atMs: number; readonly isRepeated: boolean }>;

/** One request in so many is a webhook with a flag change; each other has one operation and one metric event. */
const CHANGES_EVERY = 10;
const SEGMENTS = 20;

/** Sends requests at a steady pace for a time, numbered from `first` on, and gives the number of the next. */
export async function sendSteadily(
  url: string,
  pace: { readonly first: number; readonly aSecond: number; readonly ms: number },
  answered: Answered,
): Promise<number> {
  const startMs = performance.now();
  const count = Math.round((pace.ms / 1_000) * pace.aSecond);
  const sending: Promise<void>[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    const earlyMs = startMs + (sent / pace.aSecond) * 1_000 - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    sending.push(sendOne(url, pace.first + sent, answered));
  }
  await Promise.all(sending);
  return pace.first + count;
}

async function sendOne(url: string, number: number, answered: Answered): Promise<void> {
  const isChange = number % CHANGES_EVERY === 0;
  const { path, headers, body } = isChange ? webhook(number) : ownRequest(number);
  let attempts = 0;
  await retried(async () => {
    attempts += 1;
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body });
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`);
  });
  const atMs = performance.now();
  for (const kind of isChange ? (["c"] as const) : (["o", "e"] as const))
    answered.set(`${kind}-${number}`, { atMs, isRepeated: attempts > 1 });
}

function ownRequest(number: number) {
  const body = JSON.stringify({
    audienceOperations: [
      { segment: { id: `segment-${number % SEGMENTS}` }, contextKey: `o-${number}`, action: "add" },
    ],
    metricEvents: [{ key: "bought", contextKeys: { user: `e-${number}` }, id: `event ${number}` }],
  });
  return { path: "/c/own", headers: { authorization: `Bearer ${TOKEN}` }, body };
}

/** https://github.com/launchdarkly/api-client-typescript/blob/main/docs/AuditLogEntryRep.md */
function webhook(number: number) {
  const body = JSON.stringify({
    _id: `entry ${number}`,
    _accountId: "account",
    date: Date.now(),
    kind: "flag",
    name: `c-${number}`,
    titleVerb: "turned on the flag",
    title: "turned on the flag",
    accesses: [{ action: "updateOn", resource: `proj/web:env/production:flag/flag-${number}` }],
  });
  const signature = createHmac("sha256", SIGNING_SECRET).update(body).digest("hex");
  return { path: "/c/changes", headers: { "x-ld-signature": signature }, body };
}
