import { startStackProcess } from "../../test/support/stack-process.ts";
import { GateError, type Whole } from "../scenario.ts";

const MEMBERS = 20_000;
const OPERATIONS = 100_000;
const PER_REQUEST = 500;
const SENDERS = 4;
const MAX_MEMBERS = 1_000;
const PATIENCE_MS = 600_000;

type Operation = {
  readonly segment: { readonly id: string };
  readonly contextKey: string;
  readonly action: "add" | "remove";
  readonly at: string;
};

export const manyOperations: Whole = {
  kind: "whole",
  name: "many-operations",
  about: `${OPERATIONS.toLocaleString("en-US")} operations of ${MEMBERS.toLocaleString("en-US")} members in one segment through the local stack`,
  run: async () => {
    const operations = shuffledOperations();
    const expected = newestMembers(operations);
    const stack = await startStackProcess(["--quiet"]);
    try {
      const startedMs = performance.now();
      await sendAll(stack.url, operations);
      const acceptedMs = performance.now() - startedMs;
      await untilEmpty(stack.url);
      const appliedMs = performance.now() - startedMs;
      await checkMembers(stack.url, expected);
      const { requests, largest } = await getJson<{ requests: number; largest: number }>(
        `${stack.url}/sandbox/launchdarkly/requests`,
      );
      if (largest > MAX_MEMBERS) throw new GateError(`a request held ${largest} members`);
      return [
        { label: "operations accepted a second", value: OPERATIONS / (acceptedMs / 1_000), unit: "1/s" },
        { label: "operations applied a second", value: OPERATIONS / (appliedMs / 1_000), unit: "1/s" },
        { label: "members in the largest request", value: largest, unit: "members", atMost: MAX_MEMBERS },
        { label: "requests to LaunchDarkly", value: requests, unit: "requests" },
        { label: "their floor: distinct members / 1,000", value: MEMBERS / MAX_MEMBERS, unit: "requests" },
      ];
    } finally {
      await stack.stop();
    }
  },
};

/** Five operations for every member, in an order that has nothing to do with their times. */
function shuffledOperations(): Operation[] {
  const startMs = Date.now() - OPERATIONS;
  let state = 20_261_121;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length: OPERATIONS }, (_, index): Operation & { order: number } => ({
    segment: { id: "bench" },
    contextKey: `member-${index % MEMBERS}`,
    action: random() < 0.5 ? "add" : "remove",
    at: new Date(startMs + index).toISOString(),
    order: random(),
  }))
    .sort((a, b) => a.order - b.order)
    .map(({ order: _, ...operation }) => operation);
}

function newestMembers(operations: readonly Operation[]): string[] {
  const newest = new Map<string, Operation>();
  for (const operation of operations) {
    const held = newest.get(operation.contextKey);
    if (!held || operation.at > held.at) newest.set(operation.contextKey, operation);
  }
  return [...newest.values()]
    .flatMap(({ contextKey, action }) => (action === "add" ? [contextKey] : []))
    .sort();
}

async function sendAll(url: string, operations: readonly Operation[]): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < operations.length) {
      const part = operations.slice(next, next + PER_REQUEST);
      next += PER_REQUEST;
      const answer = await fetch(`${url}/c/own-code`, {
        method: "POST",
        headers: { authorization: "Bearer dev-token", "content-type": "application/json" },
        body: JSON.stringify({ audienceOperations: part }),
      });
      const text = await answer.text();
      if (answer.status !== 200 || !text.includes(`"accepted":${part.length},`))
        throw new GateError(`ingest answered ${answer.status} ${text.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

async function untilEmpty(url: string): Promise<void> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { queues } = await getJson<{
      queues: { waiting: number; inFlight: number; deadLetters: number }[];
    }>(`${url}/sandbox/queues`);
    if (queues.some(({ deadLetters }) => deadLetters > 0)) throw new GateError("there are dead letters");
    if (queues.every(({ waiting, inFlight }) => waiting === 0 && inFlight === 0)) return;
    if (performance.now() > giveUpMs)
      throw new GateError(`the queues are not empty after ${PATIENCE_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function checkMembers(url: string, expected: readonly string[]): Promise<void> {
  const { segments } = await getJson<{ segments: { id: string; members: string[] }[] }>(
    `${url}/sandbox/launchdarkly/segments`,
  );
  const held = new Set(segments.find(({ id }) => id === "bench")?.members);
  const missing = expected.filter((member) => !held.has(member)).length;
  const surplus = held.size - (expected.length - missing);
  if (missing > 0 || surplus > 0)
    throw new GateError(`${missing} members are missing and ${surplus} should not be there`);
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  // Our own sandbox: its shape is documented, and a wrong one fails the checks above.
  return (await answer.json()) as T;
}
