import * as z from "zod";
import { seededThrows } from "./seeded-throws.ts";

const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "expected a header name");
const headerValue = z.string().regex(/^[\t\x20-\x7e]*$/, "expected a header value: printable ASCII");

/** Which door a fault is behind: one of LaunchDarkly's (`api` is what is only read there), or one of PostHog's two. */
const doors = ["segments", "events", "audit-log", "api", "posthog", "annotations"] as const;
export type Door = (typeof doors)[number];

/** The doors whose requests hold context keys, so that one of them can be poisoned there. */
const doorsOfKeys = ["segments", "events", "posthog"] as const;
export type DoorOfKeys = (typeof doorsOfKeys)[number];
/** Where a poisoned key without `on` is refused. Events of metrics pass, so that a member alone can be made bad. */
const POISONED_WITHOUT_ON: readonly DoorOfKeys[] = ["segments", "posthog"];

const when = {
  on: z.enum(doors).default("segments"),
  times: z.int().min(1).max(1_000_000).default(1),
  probability: z.number().gt(0).max(1).optional(),
  seed: z.int().optional(),
};
const answer = { status: z.int().min(300).max(599), headers: z.record(headerName, headerValue).default({}) };

const fault = z.discriminatedUnion(
  "fault",
  [
    z.strictObject({ fault: z.literal("status"), ...answer, ...when }),
    z.strictObject({ fault: z.literal("delay"), ms: z.int().min(0).max(600_000), ...when }),
    z.strictObject({ fault: z.literal("reset"), ...when }),
    z.strictObject({ fault: z.literal("applied-not-answered"), ...when }),
    z.strictObject({ fault: z.literal("applied-then-status"), ...answer, ...when }),
    z.strictObject({
      fault: z.literal("poison"),
      contextKey: z.string().min(1, "expected a text that is not empty"),
      on: z.enum(doorsOfKeys, "expected segments, events or posthog: no other door takes members").optional(),
    }),
  ],
  "expected status, delay, reset, applied-not-answered, applied-then-status or poison",
);

/** The body of `POST /sandbox/launchdarkly/faults`, where the faults of PostHog's doors are ordered too. */
export const faultsBody = z.strictObject({ faults: z.array(fault).min(1) });

export type Fault = z.infer<typeof fault>;
/** A fault that happens to the request it is drawn for, as opposed to a poisoned member. */
export type DrawnFault = Exclude<Fault, { fault: "poison" }>;
type Poison = Extract<Fault, { fault: "poison" }>;

export type Faults = {
  readonly add: (faults: readonly Fault[]) => void;
  readonly clear: () => void;
  /** What is left, with the `times` that are left. */
  readonly list: () => readonly Fault[];
  /** The fault of the next request at a door, if it is to have one. */
  readonly draw: (on: Door) => DrawnFault | undefined;
  readonly isPoisoned: (on: DoorOfKeys, contextKey: string) => boolean;
};

/**
 * The faults to come, in order. The first one that fires is taken, `times` times: one without a probability always
 * fires, one with a probability by its own seeded dice, so that a run can be repeated.
 */
export function createFaults(): Faults {
  let waiting: { readonly fault: DrawnFault; left: number; readonly fires: () => boolean }[] = [];
  let poisons: readonly Poison[] = [];
  const poisoned = new Set<string>();
  const placeOf = (on: DoorOfKeys, contextKey: string): string => `${on} ${contextKey}`;
  return {
    add: (faults) => {
      for (const fault of faults) {
        if (fault.fault === "poison") {
          const { contextKey, on } = fault;
          poisons = [...poisons.filter((one) => one.contextKey !== contextKey || one.on !== on), fault];
          for (const door of on === undefined ? POISONED_WITHOUT_ON : [on])
            poisoned.add(placeOf(door, contextKey));
        } else waiting.push({ fault, left: fault.times, fires: dice(fault) });
      }
    },
    clear: () => {
      waiting = [];
      poisons = [];
      poisoned.clear();
    },
    list: () => [...waiting.map(({ fault, left }) => ({ ...fault, times: left })), ...poisons],
    draw: (on) => {
      const drawn = waiting.find(({ fault, fires }) => fault.on === on && fires());
      if (!drawn) return undefined;
      drawn.left -= 1;
      if (drawn.left === 0) waiting = waiting.filter((one) => one !== drawn);
      return drawn.fault;
    },
    isPoisoned: (on, contextKey) => poisoned.has(placeOf(on, contextKey)),
  };
}

/** Always, or as often as the probability says: the same throws for the same seed, which is 1 when none is given. */
function dice({ probability, seed = 1 }: DrawnFault): () => boolean {
  if (probability === undefined) return () => true;
  const next = seededThrows(seed);
  return () => next() < probability;
}
