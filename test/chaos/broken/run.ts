import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { startStackProcess } from "../../support/stack-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { type Destination, startDestination } from "./destination.ts";
import { type BrokenVerdict, type Latencies, rowOf } from "./report.ts";
import type { BrokenScale } from "./scale.ts";
import { type Answered, type Kind, SIGNING_SECRET, sendSteadily, TOKEN } from "./traffic.ts";

const BROKEN = "staging";
const NAMES = ["production", BROKEN, "preview"] as const;

/**
 * Sends to three destinations of everything while one of them fails, in each way for a time. Every item is for all three,
 * so that the healthy ones share everything with the broken one but their queues.
 */
export async function runBroken(
  scale: BrokenScale,
  {
    note,
    keepOutput,
  }: {
    readonly note: (progress: string) => void;
    /** Takes all that the stack has written, at the end. */
    readonly keepOutput: (output: string) => void;
  },
): Promise<BrokenVerdict> {
  const destinations = await Promise.all(NAMES.map(startDestination));
  const folder = await temporaryFolder();
  const secretsPath = await folder.file("secrets.json", secretsOf(0));
  const connections = await folder.file("connections.yml", connectionsTo(destinations));
  const stack = await startStackProcess([
    ...["--connections", connections, "--secrets", secretsPath, "--batch-window", "0.5"],
    ...["--hold", String(scale.holdSeconds), "--log", "json"],
  ]);
  const broken = destinations.filter(({ name }) => name === BROKEN);
  const healthy = destinations.filter(({ name }) => name !== BROKEN);
  const answered: Answered = new Map();
  let first = 0;
  const send = async (ms: number): Promise<Latencies> => {
    const from = first;
    first = await sendSteadily(stack.url, { first, aSecond: scale.operationsASecond, ms }, answered);
    await arrived(healthy, answered, scale.patienceMs);
    return latenciesOf(healthy, answered, from);
  };
  try {
    // What starts cold is no measure.
    await send(2_000);
    const before = await send(scale.wellMs);
    // A run of most of an hour that is ended early has told what it has measured.
    note(`all are well: ${rowOf(before)}`);
    const during: BrokenVerdict["during"][number][] = [];
    for (const [number, fault] of scale.faults.entries()) {
      note(`${BROKEN} is ${fault}`);
      const requestsBefore = requestsTo(broken);
      for (const one of broken) one.fail(fault);
      const latencies = await send(scale.brokenMs);
      during.push({ fault, latencies, requests: requestsTo(broken) - requestsBefore });
      note(`  ${rowOf(latencies, before)}`);
      for (const one of broken) one.fail(undefined);
      // A token that was refused is believed again when it is another.
      if (fault === "refusing") writeFileSync(secretsPath, secretsOf(number + 1));
    }
    note(`${BROKEN} is well`);
    const wellAtMs = performance.now();
    const requestsBefore = requestsTo(broken);
    const owed = missingIn(broken, answered).length;
    await arrived(destinations, answered, scale.patienceMs);
    let lastMs = wellAtMs;
    for (const { taken } of broken) for (const { atMs } of taken.values()) lastMs = Math.max(lastMs, atMs);
    const recovery = {
      owed,
      tookMs: lastMs - wellAtMs,
      requests: requestsTo(broken) - requestsBefore,
    };
    const twice = countedTwice(destinations);
    const repeated = twice.filter(({ id }) => answered.get(id)?.isRepeated !== false).length;
    return { problems: problemsOf(destinations, answered), before, during, recovery, repeated };
  } finally {
    await stack.stop();
    keepOutput(stack.stdout() + stack.stderr());
    for (const one of destinations) one.close();
    await folder.remove();
  }
}

async function arrived(
  destinations: readonly Destination[],
  answered: Answered,
  patienceMs: number,
): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (missingIn(destinations, answered).length > 0 && performance.now() < endMs) await sleep(250);
}

function missingIn(destinations: readonly Destination[], answered: Answered): string[] {
  return destinations.flatMap(({ name, taken }) =>
    [...answered.keys()].filter((id) => !taken.has(id)).map((id) => `${name}: ${id} has not arrived`),
  );
}

/**
 * An operation may be sent twice, as adding a member again changes nothing, and so may a change, whose uuid PostHog knows. An event that
 * its sender has sent again may come under another payload id: docs/metrics.md.
 */
function problemsOf(destinations: readonly Destination[], answered: Answered): string[] {
  const twice = countedTwice(destinations)
    .filter(({ id }) => answered.get(id)?.isRepeated === false)
    .map(({ name, id, times }) => `${name}: ${id} was counted ${times} times`);
  return [...missingIn(destinations, answered), ...twice];
}

function countedTwice(destinations: readonly Destination[]) {
  return destinations.flatMap(({ name, taken }) =>
    [...taken].flatMap(([id, { times }]) => (id.startsWith("e") && times > 1 ? [{ name, id, times }] : [])),
  );
}

function latenciesOf(destinations: readonly Destination[], answered: Answered, from: number): Latencies {
  const p95 = (kind: Kind): number => {
    const lags = destinations.flatMap(({ taken }) =>
      [...answered].flatMap(([id, { atMs }]) => {
        const held = taken.get(id);
        return held && id.startsWith(kind) && Number(id.slice(2)) >= from
          ? [Math.max(0, held.atMs - atMs)]
          : [];
      }),
    );
    return lags.sort((a, b) => a - b)[Math.floor(lags.length * 0.95)] ?? Number.NaN;
  };
  return { o: p95("o"), e: p95("e"), c: p95("c") };
}

function requestsTo(destinations: readonly Destination[]): number {
  return destinations.reduce((sum, { requests }) => sum + requests(), 0);
}

function secretsOf(rotation: number): string {
  return JSON.stringify({
    own: { tokens: [TOKEN] },
    changes: { signingSecrets: [SIGNING_SECRET] },
    ...Object.fromEntries(
      NAMES.map((name) => [`launchdarkly-${name}`, { accessToken: `${name}-${rotation}` }]),
    ),
    ...Object.fromEntries(
      NAMES.map((name) => [`posthog-${name}`, { projectApiKey: `phc_${name}${rotation}` }]),
    ),
  });
}

function connectionsTo(destinations: readonly Destination[]): string {
  const to = destinations.map(({ name }) => name);
  return stringify({
    launchdarkly: Object.fromEntries(
      destinations.map(({ name, url }) => [
        name,
        {
          clientSideId: `id-${name}`,
          instance: { api: url, events: url },
          project: "web",
          environment: name,
          secret: `launchdarkly-${name}`,
        },
      ]),
    ),
    posthog: Object.fromEntries(
      destinations.map(({ name, url }) => [name, { host: url, secret: `posthog-${name}` }]),
    ),
    connections: {
      own: { source: "flagbridge", secret: "own", audiences: { to }, metrics: { to, route: "import" } },
      changes: { source: "launchdarkly", secret: "changes", posthog: { to } },
    },
  });
}
