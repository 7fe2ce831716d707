import type { Dice } from "./dice.ts";
import type { Scale } from "./scale.ts";

/** A fault, and how it is ordered from the sandbox: some name a time, which is known only then. */
export type Fault = {
  readonly name: string;
  readonly times: number;
  readonly order: (nowMs: number) => Readonly<Record<string, unknown>>;
};

/** Something that goes wrong at a time of the run. */
export type Trouble = { readonly dueMs: number } & (
  | { readonly kind: "faults"; readonly faults: readonly Fault[] }
  | { readonly kind: "function-kill"; readonly name: string }
  | { readonly kind: "stack-kill" }
  | { readonly kind: "token-rotation" }
  /** Messages of a queue are sent to it once more, later. */
  | { readonly kind: "duplicates"; readonly queue: string; readonly delaySeconds: number }
  /** Dead letters go back to where they came from, as they are. */
  | { readonly kind: "redrive" }
);

/** What goes wrong with a request, by a name that the report shows. A hold of the stack is so many seconds. */
const FAULTS: Readonly<Record<string, (dice: Dice, holdSeconds: number) => Fault["order"]>> = {
  "429": () => () => ({ fault: "status", status: 429 }),
  "429 with Retry-After": (dice) => {
    const seconds = String(dice.between(1, 3));
    return () => ({ fault: "status", status: 429, headers: { "Retry-After": seconds } });
  },
  "429 with X-Ratelimit-Reset": (dice) => {
    const afterMs = dice.between(500, 4_000);
    return (nowMs) => ({
      fault: "status",
      status: 429,
      headers: { "X-Ratelimit-Route-Remaining": "0", "X-Ratelimit-Reset": String(nowMs + afterMs) },
    });
  },
  "500": () => () => ({ fault: "status", status: 500 }),
  "502": () => () => ({ fault: "status", status: 502 }),
  "503": () => () => ({ fault: "status", status: 503 }),
  "applied, then 500": () => () => ({ fault: "applied-then-status", status: 500 }),
  "applied, then 503": () => () => ({ fault: "applied-then-status", status: 503 }),
  "applied, not answered": () => () => ({ fault: "applied-not-answered" }),
  reset: () => () => ({ fault: "reset" }),
  // The request's timeout is 2 s.
  timeout: (dice) => {
    const ms = dice.between(2_100, 5_000);
    return () => ({ fault: "delay", ms });
  },
  // Whatever a hold is, six tenths of it are the function's timeout or more, and until eight tenths a request may take effect.
  "answered after the function's timeout": (dice, holdSeconds) => {
    const ms = dice.between(600 * holdSeconds, 675 * holdSeconds);
    return () => ({ fault: "delay", ms });
  },
};

export type TroubleTargets = {
  readonly doors: readonly [string, ...string[]];
  readonly functions: readonly [string, ...string[]];
  readonly queues: readonly [string, ...string[]];
};

/** Kills end here, so that what they delay is over when the run is, and poison stays for good afterwards. */
const LAST_KILL = 0.7;
const FAULTS_EVERY_MS = 1_500;
const DUPLICATES_EVERY_MS = 2_000;

/** Everything that goes wrong in a run, in order, drawn from its seed. */
export function planTroubles(
  { stormMs, stackKills, functionKills, holdSeconds }: Scale,
  dice: Dice,
  { doors, functions, queues }: TroubleTargets,
): readonly Trouble[] {
  const troubles: Trouble[] = [];
  for (let dueMs = 500; dueMs < stormMs; dueMs += FAULTS_EVERY_MS) {
    const faults = doors.flatMap((on) => (dice.chance(0.6) ? [drawFault(dice, on, holdSeconds)] : []));
    if (faults.length > 0) troubles.push({ kind: "faults", dueMs, faults });
  }
  for (let dueMs = 1_000; dueMs < stormMs; dueMs += DUPLICATES_EVERY_MS)
    troubles.push({
      kind: "duplicates",
      dueMs,
      queue: dice.pick(queues),
      delaySeconds: dice.between(0, holdSeconds),
    });
  /** One in each of as many parts of the storm, up to the last kill. */
  const spread = (count: number): readonly number[] =>
    Array.from({ length: count }, (_, part) => {
      const lengthMs = (stormMs * LAST_KILL) / count;
      return Math.floor((part + 0.3) * lengthMs) + dice.between(0, lengthMs * 0.6);
    });
  for (const dueMs of spread(functionKills))
    troubles.push({ kind: "function-kill", dueMs, name: dice.pick(functions) });
  for (const dueMs of spread(stackKills)) troubles.push({ kind: "stack-kill", dueMs });
  // A secret is read again at most every 30 s, so a function that has just started would take the old one for good.
  const rotationMs = stormMs * LAST_KILL + 35_000;
  if (rotationMs < stormMs) troubles.push({ kind: "token-rotation", dueMs: rotationMs });
  for (const dueMs of spread(2)) troubles.push({ kind: "redrive", dueMs: Math.floor(dueMs / LAST_KILL) });
  return troubles.sort((a, b) => a.dueMs - b.dueMs);
}

function drawFault(dice: Dice, on: string, holdSeconds: number): Fault {
  const [first, ...others] = Object.entries(FAULTS);
  if (!first) throw new RangeError("there is no fault to draw");
  const [name, draw] = dice.pick([first, ...others]);
  const drawn = draw(dice, holdSeconds);
  const times = dice.chance(0.25) ? dice.between(2, 4) : 1;
  return { name, times, order: (nowMs) => ({ ...drawn(nowMs), on, times }) };
}
