import {
  type Bundle,
  type BundleQueue,
  type FunctionName,
  functionNameOf,
  functionsOf,
  READERS,
} from "./bundle.ts";
import { misspelt } from "./misspelt.ts";
import { OperatorProblem } from "./problem.ts";

/** What hands one queue's messages to its function. */
export type EventSourceOfQueue = { readonly id: string; readonly queueArn: string; readonly state: string };

export type EventSourceCalls = {
  readonly of: (functionName: string) => Promise<readonly EventSourceOfQueue[]>;
  readonly setEnabled: (id: string, isEnabled: boolean) => Promise<void>;
};

/** `partly`: some of a function's queues are paused, and not all. */
export type Paused = boolean | "partly";

export type FunctionState = { readonly name: string; readonly paused: Paused };

/** SQS keeps a message for 14 days from when it was sent: infra/queues.cjs. */
export const RETENTION_MS = 14 * 86_400_000;

function consumersOf(bundle: Pick<Bundle, "queues">): readonly FunctionName[] {
  return functionsOf(bundle).filter((name) => Object.values<string>(READERS).includes(name));
}

/** Of each function that reads queues: whether its queues are paused. */
export async function functionStates(
  bundle: Pick<Bundle, "namePrefix" | "queues">,
  eventSources: EventSourceCalls,
): Promise<readonly FunctionState[]> {
  return Promise.all(
    consumersOf(bundle).map(async (name) => {
      const sources = await sourcesOf(bundle, name, eventSources);
      return { name, paused: pausedOf(sources.map(({ state }) => state)) };
    }),
  );
}

/**
 * Pauses or resumes functions: their queues keep everything meanwhile. Without names all that read queues; with a destination only its
 * queues. What is in flight is finished.
 * @throws {OperatorProblem} for a name that no function or destination has
 */
export async function setPaused(
  isPaused: boolean,
  wanted: { readonly functions: readonly string[]; readonly destination: string | undefined },
  ports: {
    readonly bundle: Pick<Bundle, "namePrefix" | "queues">;
    readonly eventSources: EventSourceCalls;
    readonly sleep: (ms: number) => Promise<void>;
  },
): Promise<readonly FunctionState[]> {
  const { bundle, eventSources, sleep } = ports;
  const consumers = consumersOf(bundle);
  const names =
    wanted.functions.length === 0 ? consumers : wanted.functions.map((name) => consumerOf(name, consumers));
  const queues = queuesFor(bundle.queues, names, wanted.destination);
  const arns = new Set(queues.map(({ arn }) => arn));
  for (const name of names)
    for (const { id, queueArn, state } of await sourcesOf(bundle, name, eventSources))
      if (arns.has(queueArn) && isPausedState(state) !== isPaused)
        await change(() => eventSources.setEnabled(id, !isPaused), sleep);
  const states = await functionStates(bundle, eventSources);
  return states.filter(({ name }) => names.some((one) => one === name));
}

/** A change before this one may take a minute, and Lambda refuses the next until it is done. */
const CHANGE_TRIES = 45;
const CHANGE_PAUSE_MS = 2_000;

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html: ResourceInUseException */
async function change(
  update: () => Promise<void>,
  sleep: (ms: number) => Promise<void>,
  triesLeft = CHANGE_TRIES,
): Promise<void> {
  try {
    await update();
  } catch (error) {
    const isBusy = error instanceof Error && error.name === "ResourceInUseException";
    if (!isBusy || triesLeft <= 1) throw error;
    await sleep(CHANGE_PAUSE_MS);
    await change(update, sleep, triesLeft - 1);
  }
}

function queuesFor(
  queues: readonly BundleQueue[],
  names: readonly FunctionName[],
  destination: string | undefined,
): readonly BundleQueue[] {
  const ofFunctions = queues.filter((queue) => names.includes(queue.function));
  if (destination === undefined) return ofFunctions;
  const found = ofFunctions.filter((queue) => queue.destination === destination);
  if (found.length > 0) return found;
  const known = [...new Set(ofFunctions.map((queue) => queue.destination))];
  throw new OperatorProblem(
    misspelt("--destination", destination, known, "a destination of these functions"),
  );
}

function consumerOf(text: string, consumers: readonly FunctionName[]): FunctionName {
  const name = consumers.find((one) => one === text);
  if (name !== undefined) return name;
  throw new OperatorProblem(misspelt("function", text, consumers, "a function that reads queues"));
}

async function sourcesOf(
  bundle: Pick<Bundle, "namePrefix" | "queues">,
  name: FunctionName,
  eventSources: EventSourceCalls,
): Promise<readonly EventSourceOfQueue[]> {
  const own = new Set(bundle.queues.map(({ arn }) => arn));
  const sources = await eventSources.of(functionNameOf(bundle, name));
  return sources.filter(({ queueArn }) => own.has(queueArn));
}

function pausedOf(states: readonly string[]): Paused {
  const paused = states.filter(isPausedState).length;
  if (paused === 0) return false;
  return paused === states.length ? true : "partly";
}

function isPausedState(state: string): boolean {
  return state === "Disabled" || state === "Disabling";
}
