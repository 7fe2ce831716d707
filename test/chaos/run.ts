import { setTimeout as sleep } from "node:timers/promises";
import { nameInStage } from "../../dev/names.ts";
import { conduct, count, type Done } from "./conduct.ts";
import { createDice } from "./dice.ts";
import { secretsOf } from "./feeds.ts";
import { countFlagChanges, planFlagChanges, turnFlags } from "./flags.ts";
import { redrive } from "./letters.ts";
import { describeNumbers, workIn } from "./numbers.ts";
import { type Poison, poisonedMembers } from "./operations.ts";
import { planRequests } from "./plan.ts";
import { watchRecovery } from "./recovery.ts";
import type { Scale } from "./scale.ts";
import { type Accepted, sendAll } from "./send.ts";
import { untilQueuesAreEmpty } from "./settle.ts";
import { startSite } from "./site.ts";
import { planTroubles, type TroubleTargets } from "./troubles.ts";
import { countEvents, wrongLetters, wrongLines, wrongMembers } from "./verify.ts";

export type Verdict = {
  /** One line for each promise that was broken. */
  readonly problems: readonly string[];
  readonly report: string;
};

export type Watcher = {
  /** How far the run is. */
  readonly note: (progress: string) => void;
  /** All that the stack wrote, at the end of the run whatever ended it. */
  readonly keepOutput: (output: string) => void;
};

const TARGETS: TroubleTargets = {
  doors: ["segments", "events", "posthog", "audit-log"],
  // The batcher more often than the others: it has a hold to lose.
  functions: [
    "audience-batcher",
    "audience-batcher",
    "audience-batcher",
    "metric-forwarder",
    "posthog-forwarder",
    "audit-log-sweeper",
    "ingest",
  ],
  queues: [
    nameInStage("audience-operations-staging"),
    nameInStage("metric-events-staging"),
    nameInStage("flag-changes-main"),
  ],
};
/** A message that met many faults waits up to a quarter of an hour for its next turn, and may meet a hold then. */
const PATIENCE_MS = 40 * 60_000;

/** One run: everything is sent while everything goes wrong, then all has to be right. */
export async function runChaos(seed: number, scale: Scale, { note, keepOutput }: Watcher): Promise<Verdict> {
  const secrets = secretsOf(seed);
  const startMs = Date.now();
  const requests = planRequests(scale, createDice(seed), secrets, startMs);
  const changes = planFlagChanges(scale, createDice(seed + 2));
  const troubles = planTroubles(scale, createDice(seed + 1), TARGETS);
  const accepted: Accepted = { operations: new Map(), events: new Set(), requests: 0, retries: 0 };
  const done: Done = new Map();
  const site = await startSite(secrets, scale.holdSeconds);
  try {
    const poison = (kinds: readonly Poison[]) =>
      site.post("/sandbox/launchdarkly/faults", {
        faults: poisonedMembers(scale, secrets, kinds).map((contextKey) => ({ fault: "poison", contextKey })),
      });
    const poisonAll = async (): Promise<void> => void (await poison(["curable", "incurable"]));
    await poisonAll();
    note(`${requests.length} requests to send, at ${site.url}`);
    const kills = Promise.withResolvers<void>();
    const stormStartMs = Date.now();
    const storm = conduct(troubles, {
      site,
      startMs: stormStartMs,
      done,
      poison: poisonAll,
      onKillsOver: kills.resolve,
    });
    const sending = sendAll(requests, {
      url: site.url,
      startMs: stormStartMs,
      accepted,
      ends: { nothing: Promise.resolve(), kills: kills.promise, storm },
    });
    const watching = storm.then(() => {
      note("the storm is over: no more faults are ordered");
      return watchRecovery(site, accepted);
    });
    const turning = turnFlags(changes, { site, secrets, startMs: stormStartMs });
    const [recovery, , changeIds] = await Promise.all([watching, sending, turning]);
    note("everything is sent and accepted");
    await untilQueuesAreEmpty(site, PATIENCE_MS, note);
    const recovered = await recovery.stop();
    const problems = await wrongLetters(site, accepted, ["curable", "incurable"]);

    note("the queues are empty: what can be cured is, and every dead letter goes back as it is");
    await site.clearFaults();
    if (scale.restBeforeRotationMs !== undefined) {
      await sleep(scale.restBeforeRotationMs);
      site.rotateToken();
      count(done, "token rotated");
    }
    await poison(["incurable"]);
    count(done, "dead letters redriven", await redrive(site));
    await untilQueuesAreEmpty(site, PATIENCE_MS, note);
    const events = new Set(requests.flatMap((request) => request.events));
    const counted = await countEvents(site, [...events]);
    const flags = await countFlagChanges(site, changeIds);
    problems.push(
      ...flags.problems,
      ...(await wrongMembers(site, accepted)),
      ...(await wrongLetters(site, accepted, ["incurable"])),
      ...counted.problems,
    );
    const exitCode = await site.stop();
    if (exitCode !== 0) problems.push(`the stack ended with ${exitCode} when it was asked to stop`);
    const output = site.output();
    problems.push(...wrongLines(output, secrets.mark));
    const audience = workIn(output, "audience.flushed");
    if (audience.requests === 0) problems.push("no line of the log says what the audience-batcher did");
    return {
      problems,
      report: describeNumbers({
        ...accepted,
        ...recovered,
        operations: accepted.operations.size,
        events: accepted.events.size,
        audience,
        counted,
        changes: changeIds.size,
        flags,
        troubles: done,
      }),
    };
  } finally {
    await site.stop();
    keepOutput(site.output());
    await site.remove();
  }
}
