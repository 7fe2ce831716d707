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

/**
 * So many operations and metric events are in a request. With one each, ten minutes leave tens of thousands of messages in the
 * broken destination's queue, and the emulator of SQS, which looks at every one of them 50 times a second, has no time left.
 */
const ITEMS_A_REQUEST = 5;
/** After every so many operations comes a webhook with one flag change. */
const CHANGES_EVERY = 10;
const SEGMENTS = 20;

/** Sends operations at a steady pace for a time, numbered from `first` on, and gives the number of the next. */
export async function sendSteadily(
  url: string,
  pace: { readonly first: number; readonly aSecond: number; readonly ms: number },
  answered: Answered,
): Promise<number> {
  const startMs = performance.now();
  const count = Math.round((pace.ms / 1_000) * pace.aSecond);
  const sending: Promise<void>[] = [];
  for (let sent = 0; sent < count; sent += ITEMS_A_REQUEST) {
    const earlyMs = startMs + (sent / pace.aSecond) * 1_000 - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    const numbers = Array.from(
      { length: Math.min(ITEMS_A_REQUEST, count - sent) },
      (_, at) => pace.first + sent + at,
    );
    sending.push(sendOne(url, ownRequest(numbers), answered));
    for (const number of numbers)
      if (number % CHANGES_EVERY === 0) sending.push(sendOne(url, webhook(number), answered));
  }
  await Promise.all(sending);
  return pace.first + count;
}

type Sent = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The ids of what is in it. */
  readonly ids: readonly string[];
};

async function sendOne(url: string, { path, headers, body, ids }: Sent, answered: Answered): Promise<void> {
  let attempts = 0;
  await retried(async () => {
    attempts += 1;
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body });
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`);
  });
  const atMs = performance.now();
  for (const id of ids) answered.set(id, { atMs, isRepeated: attempts > 1 });
}

function ownRequest(numbers: readonly number[]): Sent {
  const body = JSON.stringify({
    audienceOperations: numbers.map((number) => ({
      segment: { id: `segment-${number % SEGMENTS}` },
      contextKey: `o-${number}`,
      action: "add",
    })),
    metricEvents: numbers.map((number) => ({
      key: "bought",
      contextKeys: { user: `e-${number}` },
      id: `event ${number}`,
    })),
  });
  const ids = numbers.flatMap((number) => [`o-${number}`, `e-${number}`]);
  return { path: "/c/own", headers: { authorization: `Bearer ${TOKEN}` }, body, ids };
}

/** https://github.com/launchdarkly/api-client-typescript/blob/main/docs/AuditLogEntryRep.md */
function webhook(number: number): Sent {
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
  return { path: "/c/changes", headers: { "x-ld-signature": signature }, body, ids: [`c-${number}`] };
}
