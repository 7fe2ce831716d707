import { join } from "node:path";
import { destinationQueues, queueNameOf } from "../lib/connections/queues.ts";
import type { Connections } from "../lib/connections/schema.ts";
import { type DeclaredFunction, readDeclarations } from "./declared-functions.ts";
import type { LocalFunction } from "./local-function.ts";
import { localVariables } from "./local-variables.ts";
import { nameInStage } from "./names.ts";

/** Shorter than AWS's 60 s, so that what a `kill -9` left in flight is visible again after about a minute. */
const TIMEOUT_MS = 10_000;

/** A minute on AWS. Here a second, so that `every: 5s` of a connection's `sweep` is what it says. */
const SCHEDULE_MS = 1_000;

/** People change flags one at a time, and whoever tries it out is waiting. */
const LONGEST_FLAG_CHANGE_WINDOW_SECONDS = 0.25;

/** As many requests as are answered at a time; Lambda starts as many environments as there are requests. */
const HTTP_ENVIRONMENTS = 4;

/**
 * The functions that serverless.yml has, from the folder they were built to, with the queues of these connections. What differs
 * from a deploy is above and in local-variables.ts, with its reason.
 * @throws {StartProblem} when a function needs what the local stack does not have.
 */
export function bundledFunctions(
  directory: string,
  connections: Pick<Connections, "connections">,
): readonly LocalFunction[] {
  const { functions, parameters } = readDeclarations();
  const hasErasures = destinationQueues(connections).some(({ kind }) => kind === "erasures");
  // As a deploy leaves it out: infra/eraser.cjs.
  const isHere = ({ trigger }: DeclaredFunction): boolean =>
    trigger.kind !== "queues" || trigger.of !== "erasures" || hasErasures;
  return functions.filter(isHere).map((declared) => ({
    name: declared.name,
    file: join(directory, declared.bundle),
    timeoutMs: TIMEOUT_MS,
    memoryMb: declared.memoryMb,
    variables: localVariables(declared, parameters),
    ...localTrigger(declared, connections),
  }));
}

function localTrigger(
  { trigger }: DeclaredFunction,
  connections: Pick<Connections, "connections">,
): Pick<LocalFunction, "trigger" | "maxEnvironments"> {
  switch (trigger.kind) {
    case "http":
      return { trigger: { kind: "http" }, maxEnvironments: HTTP_ENVIRONMENTS };
    case "schedule":
      return { trigger: { kind: "schedule", everyMs: SCHEDULE_MS }, maxEnvironments: 1 };
    case "queues": {
      const { of, batchSize, concurrency } = trigger;
      const queues = destinationQueues(connections)
        .filter(({ kind }) => kind === of)
        .map((queue) => nameInStage(queueNameOf(queue)));
      return {
        trigger: {
          kind: "queue",
          queues,
          batchSize,
          concurrency,
          ...(of === "flag-changes" && { longestWindowSeconds: LONGEST_FLAG_CHANGE_WINDOW_SECONDS }),
        },
        // A destination that answers late must not take the place of another.
        maxEnvironments: Math.max(1, queues.length) * concurrency,
      };
    }
  }
}
