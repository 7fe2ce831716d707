import { expect, test } from "vitest";
import { bundleQueue } from "./bundle.ts";
import { setPaused } from "./pause.ts";

const queue = bundleQueue(
  { kind: "audience-operations", destination: "production" },
  {
    namePrefix: "flagbridge-prod-",
    arnPrefix: "arn:aws:sqs:us-east-1:1:",
    urlOf: (name) => `https://sqs/${name}`,
  },
);

/** A mapping that Lambda is still changing for so many calls. */
function busyFor(calls: number) {
  const changes: boolean[] = [];
  let left = calls;
  return {
    changes,
    eventSources: {
      of: async (functionName: string) =>
        functionName === "flagbridge-prod-audience-batcher"
          ? [{ id: "one", queueArn: queue.arn, state: changes.length > 0 ? "Enabling" : "Disabled" }]
          : [],
      setEnabled: async (_: string, isEnabled: boolean) => {
        left -= 1;
        if (left >= 0) throw Object.assign(new Error("in use"), { name: "ResourceInUseException" });
        changes.push(isEnabled);
      },
    },
  };
}

const bundle = { namePrefix: "flagbridge-prod-", queues: [queue] };
const wanted = { functions: ["audience-batcher"], destination: undefined };

test("a change waits until Lambda has done the one before it", async () => {
  const { changes, eventSources } = busyFor(3);
  const slept: number[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  const states = await setPaused(false, wanted, { bundle, eventSources, sleep });
  expect(changes).toEqual([true]);
  expect(slept).toHaveLength(3);
  expect(states).toEqual([{ name: "audience-batcher", paused: false }]);
});

test("a change that Lambda refuses for good is told", async () => {
  const { eventSources } = busyFor(1_000);
  await expect(setPaused(false, wanted, { bundle, eventSources, sleep: async () => {} })).rejects.toThrow(
    "in use",
  );
});
