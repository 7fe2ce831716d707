import * as z from "zod";
import { nameInStage } from "../../dev/names.ts";
import { FEEDS } from "./feeds.ts";
import { type AudienceLetter, readAudienceLetters } from "./letters.ts";
import { identityOf, newestOf, type Poison } from "./operations.ts";
import type { EventCall } from "./request-body.ts";
import { EVENT_KEY } from "./request-body.ts";
import type { Accepted } from "./send.ts";
import { membersHeld } from "./settle.ts";
import { queuesOf, type Site } from "./site.ts";

/** How many of a kind of problem are told one by one. */
const TOLD = 5;

function told(what: string, problems: readonly string[]): readonly string[] {
  if (problems.length === 0) return [];
  return [`${what}: ${problems.length}, for example ${problems.slice(0, TOLD).join("; ")}`];
}

/** Where LaunchDarkly differs from the newest operation of each member. */
export async function wrongMembers(site: Site, accepted: Accepted): Promise<readonly string[]> {
  const held = await membersHeld(site);
  const newest = newestOf(accepted.operations.keys());
  const expected = new Set(
    [...newest].flatMap(([identity, { action, poison }]) =>
      action === "add" && poison !== "incurable" ? [identity] : [],
    ),
  );
  return [
    ...told(
      "members missing",
      [...expected].filter((identity) => !held.has(identity)),
    ),
    ...told(
      "members too many",
      [...held].filter((identity) => !expected.has(identity)),
    ),
  ];
}

const eventList = z.object({
  events: z.array(z.object({ key: z.string(), data: z.object({ number: z.number() }) })),
  received: z.number(),
  distinct: z.number(),
});

export type EventCount = {
  readonly problems: readonly string[];
  readonly received: number;
  readonly distinct: number;
  /** Events of small requests that count more than once. */
  readonly doubled: number;
};

export async function countEvents(site: Site, events: readonly EventCall[]): Promise<EventCount> {
  const { events: counted, received, distinct } = await site.get("/sandbox/launchdarkly/events", eventList);
  const times = new Map<number, number>();
  for (const { key, data } of counted)
    if (key === EVENT_KEY) times.set(data.number, (times.get(data.number) ?? 0) + 1);
  const named = ({ number }: EventCall): string => `number ${number}`;
  const missing = events.filter(({ number }) => !times.has(number));
  const doubled = events.filter(({ number }) => (times.get(number) ?? 0) > 1);
  return {
    received,
    distinct,
    doubled: doubled.filter(({ once }) => !once).length,
    problems: [
      ...told("events missing", missing.map(named)),
      ...told(
        "events of large requests counted more than once",
        doubled.filter(({ once }) => once).map(named),
      ),
      ...(times.size > events.length ? ["LaunchDarkly counts events that nobody sent"] : []),
    ],
  };
}

/** What is wrong with the dead letters, when all of them are to be of poisoned members of these kinds. */
export async function wrongLetters(
  site: Site,
  accepted: Accepted,
  kinds: readonly Poison[],
): Promise<string[]> {
  const letters = await readAudienceLetters(site);
  const newest = newestOf(accepted.operations.keys());
  const inLetters = new Map<string, number>();
  const strays: string[] = [];
  const unexplained = letters.filter((letter) => !isExplained(letter));
  for (const { connection, operations } of letters) {
    const feed = FEEDS.find(({ name }) => name === connection)?.name;
    for (const { segment, member, atMs } of operations) {
      const identity = feed && identityOf({ feed, segment, member });
      const operation = identity === undefined ? undefined : newest.get(identity);
      if (identity === undefined || operation?.poison === undefined || !kinds.includes(operation.poison))
        strays.push(`${connection} ${segment}`);
      else inLetters.set(identity, Math.max(atMs, inLetters.get(identity) ?? 0));
    }
  }
  const notThere = [...newest].filter(
    ([identity, { poison, atMs }]) => poison === "incurable" && inLetters.get(identity) !== atMs,
  );
  const others = (await queuesOf(site)).filter(
    ({ name, deadLetters }) => name !== nameInStage("audience-operations-staging") && deadLetters > 0,
  );
  return [
    ...told("dead letters of members that are not poisoned", strays),
    ...told(
      "dead letters without a reason",
      unexplained.map(({ connection }) => connection),
    ),
    ...told(
      "poisoned members whose newest operation is no dead letter",
      notThere.map(([identity]) => identity),
    ),
    ...others.map(({ name, deadLetters }) => `${name} has ${deadLetters} dead letters`),
  ];
}

function isExplained({ reason, status }: AudienceLetter): boolean {
  return reason === "refused-by-launchdarkly" && status === "400";
}

/** What no log may hold. */
export function wrongLines(output: string, mark: string): readonly string[] {
  const lines = output.split("\n");
  const leaks = lines.filter((line) => line.includes(mark));
  const rejections = lines.filter((line) => /unhandled ?rejection|triggerUncaughtException/i.test(line));
  const failures = lines.filter((line) => /invocation (failed|not-loaded)/.test(line));
  return [
    ...told(
      "log lines with a member's key or a secret",
      leaks.map((line) => line.replaceAll(mark, "***")),
    ),
    ...told("unhandled rejections", rejections),
    ...told("invocations that threw", failures),
  ];
}
