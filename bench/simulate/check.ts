import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { startStackProcess } from "../../test/support/stack-process.ts";
import { SMALL } from "./cases.ts";
import { simulate } from "./model.ts";
import { parameters } from "./parameters.ts";

const WINDOW_SECONDS = 5;
const PATIENCE_MS = 120_000;

const requestsSeen = z.object({ requests: z.number() });
const queuesSeen = z.object({ queues: z.array(z.object({ waiting: z.number(), inFlight: z.number() })) });

/** The small case on the local stack and in the model, side by side: what does not depend on the machine has to agree. */
export async function checkSmall(): Promise<void> {
  const stack = await startStackProcess(["--quiet", "--batch-window", String(WINDOW_SECONDS)]);
  try {
    const startedMs = performance.now();
    for (let first = 0; first < SMALL.operations; first += SMALL.perRequest) await send(stack.url, first);
    const acceptedMs = performance.now() - startedMs;
    const appliedMs = (await untilEmpty(stack.url)) - startedMs;
    const { requests } = requestsSeen.parse(await get(`${stack.url}/sandbox/launchdarkly/requests`));
    // The stack has LaunchDarkly, DynamoDB and SQS next door, and this sender waits for each answer.
    const here = { sqsCallMs: 2, ledgerCallMs: 20, launchdarklyRequestMs: 5, launchdarklyPer10s: 1e9 };
    const model = await simulate(
      { ...SMALL, overMs: acceptedMs },
      { ...parameters(), ...here, batchingWindowMs: WINDOW_SECONDS * 1_000 },
    );
    const result = {
      name: "simulate-check",
      about: `${SMALL.operations} operations, ${SMALL.perRequest} a request, on the local stack and in the model`,
      measuredAt: new Date().toISOString(),
      figures: [
        { label: "requests to LaunchDarkly: local stack", value: requests, unit: "requests" },
        { label: "requests to LaunchDarkly: model", value: model.launchdarklyRequests, unit: "requests" },
        { label: "all applied: local stack", value: appliedMs / 1_000, unit: "s" },
        { label: "all applied: model", value: model.allAppliedMs / 1_000, unit: "s" },
      ],
    };
    for (const { label, value, unit } of result.figures) console.log(`${label}: ${value.toFixed(1)} ${unit}`);
    const file = join(import.meta.dirname, "../results/simulate-check.json");
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await stack.stop();
  }
}

async function send(url: string, first: number): Promise<void> {
  const audienceOperations = Array.from({ length: SMALL.perRequest }, (_, index) => ({
    segment: { id: "small" },
    contextKey: `member-${first + index}`,
    action: "add",
  }));
  const answer = await fetch(`${url}/c/own-code`, {
    method: "POST",
    headers: { authorization: "Bearer dev-token", "content-type": "application/json" },
    body: JSON.stringify({ audienceOperations }),
  });
  if (answer.status !== 200) throw new Error(`ingest answered ${answer.status}`);
}

/** When the queues were empty. */
async function untilEmpty(url: string): Promise<number> {
  for (const giveUpMs = performance.now() + PATIENCE_MS; performance.now() < giveUpMs; ) {
    const { queues } = queuesSeen.parse(await get(`${url}/sandbox/queues`));
    if (queues.every(({ waiting, inFlight }) => waiting + inFlight === 0)) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the queues are not empty");
}

async function get(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}
